"""A therapist reads within a minute why a plan waits or an alert rings: in plain words, and by which rule."""

from __future__ import annotations

from html import unescape

import httpx2
import pytest

from api.console.limit_words import limit
from api.rule_words import about_rules
from care.pack import builtin
from database.demo_clinic import FRONT_DESK
from schemas.protocol import ApprovalKind
from tests.api.forms import example
from tests.console.conftest import SignIn, opened
from tests.console.staged_clinic import StagedPlans

DRAFT = "draft: not for clinical use before sign-off"


@pytest.mark.parametrize(
    ("rule", "words"),
    [
        ("SCR-09-b", "recent surgery"),
        ("SCR-06-incomplete", "head neck vascular, left open"),
        ("SCR-12-unsure", "bone health, the client is not sure"),
        ("AL-01", "pain in the last 24 hours: answer ≥ 8"),
        ("AL-02", "pain in the last 24 hours: answer − baseline ≥ 3"),
        ("SCH-8", None),
        ("nothing of the pack", None),
    ],
)
def test_a_rule_says_what_it_is_about(rule: str, words: str | None) -> None:
    assert about_rules(builtin(), reads_screening=True)(rule) == words


async def test_an_emergency_says_what_the_client_answered_and_what_she_was_told(
    priya: httpx2.AsyncClient, plans: StagedPlans
) -> None:
    plan_id = await opened(priya, example("maya-saddle-numbness"))
    alert = plans.states[plan_id].alerts[0]
    page = unescape((await priya.get(f"/alerts/{alert.id}")).text)
    assert "<strong>Cauda equina</strong>" in page
    assert "<strong>Yes, it is new or getting worse</strong>" in page
    assert "Go to A&E straight away or call 999." in page
    assert DRAFT in page


async def test_the_board_says_what_an_alert_is_about_to_who_may_read_it(
    priya: httpx2.AsyncClient, sign_in: SignIn
) -> None:
    await opened(priya, example("maya-saddle-numbness"))
    told = "<strong>Cauda equina</strong>"
    assert told in (await priya.get("/attention")).text
    assert told not in (await (await sign_in(FRONT_DESK)).get("/attention")).text


async def test_who_books_visits_reads_the_rule_and_not_the_answers(
    priya: httpx2.AsyncClient, plans: StagedPlans, sign_in: SignIn
) -> None:
    plan_id = await opened(priya, example("maya-saddle-numbness"))
    page = (await (await sign_in(FRONT_DESK)).get(f"/alerts/{plans.states[plan_id].alerts[0].id}")).text
    assert "SCR-02-a" in page
    assert "Cauda equina" not in page
    assert "new or getting worse" not in page


async def test_two_letters_that_a_plan_waits_for_are_told_apart_by_what_they_are_about(
    priya: httpx2.AsyncClient, plans: StagedPlans
) -> None:
    plan_id = await opened(priya, example("george-recent-surgery"))
    plan = (await priya.get(f"/plans/{plan_id}")).text
    assert "Clearance, recent surgery:" in plan
    assert "Clearance, joint replacement or metalwork:" in plan
    assert "<strong>Recent surgery</strong>: postop protocol from surgical team" in plan
    waiting = next(one for one in plans.states[plan_id].approvals if one.kind is ApprovalKind.clearance)
    sheet = (await priya.get(f"/approvals/{waiting.id}")).text
    assert "Recent surgery: clear with a postop protocol from surgical team</h1>" in sheet
    assert 'Recent surgery <small class="quiet">SCR-09-b</small>' in sheet


async def test_a_question_that_was_left_blank_is_called_so(
    priya: httpx2.AsyncClient, plans: StagedPlans
) -> None:
    plan_id = await opened(priya, example("omar-unfinished-form"))
    waiting = next(one for one in plans.states[plan_id].approvals if one.kind is ApprovalKind.clearance)
    sheet = (await priya.get(f"/approvals/{waiting.id}")).text
    assert 'class="client-said quiet">left blank</span>' in sheet
    assert "no answer is kept here" not in sheet


async def test_a_technique_is_left_out_once_with_all_its_reasons(
    priya: httpx2.AsyncClient, lived_plan: str
) -> None:
    sheet = (await priya.get(f"/plans/{lived_plan}/session-sheet")).text
    left_out = sheet.partition("Left out</h2>")[2].partition("</ul>")[0]
    assert left_out.count("<strong>PNF contract relax</strong>") == 1
    for reason in ("profiles.chronic_tension", "conditions.back_pain", "R-EXCL-TECH"):
        assert reason in left_out
    assert "technique not selectable" not in left_out
    assert "no PNF contract relax (Lower back)" in sheet


@pytest.mark.parametrize("page", ["", "/session-sheet"])
async def test_a_technique_that_is_ruled_out_is_called_by_its_name(
    priya: httpx2.AsyncClient, lived_plan: str, page: str
) -> None:
    shown = (await priya.get(f"/plans/{lived_plan}{page}")).text
    assert "no PNF contract relax (Lower back)" in shown
    assert "not selectable" not in shown


def test_a_restriction_names_what_it_rules_out_and_where() -> None:
    effect = "light force only"
    assert limit("R-EXCL-TECH", "not selectable", "all_hands_on", None, None) == "no hands-on technique"
    assert limit("R-EXCL-REGION", "nothing there", None, "knee", "left") == "no technique (knee, left)"
    assert limit("R-LOWFORCE", effect, None, "knee", None) == "light force only (knee)"
    assert limit("R-LOWFORCE", effect, None, None, None) == effect
    assert limit("R-OF-OLD", None, None, None, None) == "R-OF-OLD"
