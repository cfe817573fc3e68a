"""A therapist decides at the console: on one screen, once, and with what was typed never lost."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx2
from sqlalchemy.ext.asyncio import AsyncEngine

from database.demo_clinic import FRONT_DESK, LEAD, SITE_ID, THERAPIST
from database.site_texts import add_wording
from schemas.plan import Stage
from schemas.protocol import ApprovalKind
from tests.console.conftest import MORNING, Clock, SignIn, enter
from tests.console.staged_clinic import StagedPlans


def _key(page: httpx2.Response) -> str:
    found = re.search(r'name="key" value="([^"]+)"', page.text)
    assert found is not None
    return found[1]


async def _sheet(browser: httpx2.AsyncClient, plan_id: str) -> tuple[str, httpx2.Response]:
    inbox = await browser.get("/approvals?whose=everyone")
    found = re.search(rf'href="(/approvals/{plan_id}-\d+)"', inbox.text)
    assert found is not None, inbox.text
    return found[1], await browser.get(found[1])


def _weeks(sheet: httpx2.Response) -> list[str]:
    """The cells of each week of the table that shows what changes."""
    return re.findall(r'scope="rowgroup".*?</tr>(.*?)</tbody>', sheet.text, re.DOTALL)


async def test_the_sheet_shows_claim_evidence_and_consequence(
    priya: httpx2.AsyncClient, waiting_plan: str
) -> None:
    _, sheet = await _sheet(priya, waiting_plan)
    assert "Start: once a week, first session" in sheet.text
    assert "R-NO-DEEP-PRESSURE" in sheet.text
    assert "Riverside Physio: Your next visits with Priya" in sheet.text
    assert "Rule pack 0.1.0 <strong>draft</strong>" in sheet.text
    assert "<strong>draft: not for clinical use before sign-off</strong>" in sheet.text


async def test_the_sheet_shows_what_the_client_answered_beside_what_the_rules_make_of_it(
    priya: httpx2.AsyncClient, waiting_plan: str
) -> None:
    _, sheet = await _sheet(priya, waiting_plan)
    found = re.search(r'<ul class="findings found">(.*?)</ul>', sheet.text, re.DOTALL)
    assert found is not None
    assert 'class="client-said"' in found[1]
    assert "→ Possible within limits" in found[1]
    assert "no answer is kept here" not in found[1]


async def test_the_sheet_names_texts_in_plain_words_on_the_site_s_days(
    priya: httpx2.AsyncClient, waiting_plan: str
) -> None:
    weeks = " ".join(_weeks((await _sheet(priya, waiting_plan))[1]))
    assert re.search(r"\w{3} \d{1,2}, \d\d:\d\d Text: reminder, three days before", weeks)
    assert re.search(r"Question by text: soreness after the visit", weeks)
    assert not re.search(r"session.reminder|72h|CHK-", weeks)


async def test_six_weeks_stand_side_by_side_before_and_after_a_step_down(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, clock: Clock
) -> None:
    until = MORNING
    while not any(one.kind is ApprovalKind.taper for one in plans.states[lived_plan].approvals):
        until += timedelta(hours=3)
        await plans.live(lived_plan, until)
        assert until < MORNING + timedelta(weeks=6), "the policy proposes nothing"
    clock.now = until
    await enter(priya, THERAPIST)
    _, sheet = await _sheet(priya, lived_plan)
    rows = _weeks(sheet)
    assert 6 <= len(rows) <= 8
    visits = [[cell.count("ahead-session") for cell in row.split("<td")[1:]] for row in rows]
    as_it_is, after = (sum(column) for column in zip(*visits, strict=True))
    assert as_it_is > after > 0
    assert "changed" in sheet.text


async def test_before_a_start_nothing_is_planned_and_after_it_the_visits_are(
    priya: httpx2.AsyncClient, waiting_plan: str
) -> None:
    _, sheet = await _sheet(priya, waiting_plan)
    rows = _weeks(sheet)
    assert len(rows) >= 6
    assert "As it is" not in sheet.text and "Until it is decided nothing happens." in sheet.text
    assert all(row.count("<td") == 1 for row in rows)
    assert sum(row.count("ahead-session") for row in rows) >= 5


async def test_the_sheet_shows_texts_in_the_words_the_site_uses(
    priya: httpx2.AsyncClient, waiting_plan: str, engine: AsyncEngine
) -> None:
    for name, own in (
        ("visits_booked", "{clinic}: We see you {visits}. Questions? {phone}"),
        ("CHK-CHANGE", "{clinic}: Anything new with your health? NO, or tell us. Emergency? 999"),
    ):
        await add_wording(engine, SITE_ID, "en-GB", name, own, "lead", MORNING)
    _, sheet = await _sheet(priya, waiting_plan)
    assert "Riverside Physio: We see you " in sheet.text
    assert "Your next visits with Priya: " not in sheet.text
    story = await priya.get(f"/plans/{waiting_plan}")
    assert "Riverside Physio: Anything new with your health?" in story.text + sheet.text


async def test_an_approval_starts_the_plan_and_is_applied_once(
    priya: httpx2.AsyncClient, waiting_plan: str, plans: StagedPlans
) -> None:
    path, sheet = await _sheet(priya, waiting_plan)
    form = {"key": _key(sheet), "decision": "approve"}
    for _ in range(2):  # a double click, or the back button
        answered = await priya.post(path, data=form)
        assert answered.status_code == 303
        assert answered.headers["Location"] == "/approvals?said=approved"
    assert plans.states[waiting_plan].stage is Stage.active
    assert len(plans.commands) == 1
    assert "Approved. The plan goes on as proposed." in (await priya.get("/approvals?said=approved")).text


async def test_the_second_of_two_people_is_told_and_keeps_their_words(
    priya: httpx2.AsyncClient, sign_in: SignIn, waiting_plan: str
) -> None:
    lead = await sign_in(LEAD)
    path, first = await _sheet(priya, waiting_plan)
    second = await lead.get(path)
    await priya.post(path, data={"key": _key(first), "decision": "approve"})
    answered = await lead.post(
        path, data={"key": _key(second), "decision": "reject", "reason": "Her back was worse on Friday."}
    )
    assert answered.status_code == 409
    assert "no longer open" in answered.text
    assert "Approved by Priya Nair" in answered.text


async def test_an_edit_without_a_reason_comes_back_with_everything_typed(
    priya: httpx2.AsyncClient, waiting_plan: str, plans: StagedPlans
) -> None:
    path, sheet = await _sheet(priya, waiting_plan)
    assert "<dt>At home</dt><dd>every day</dd>" in sheet.text
    form = {
        "key": _key(sheet),
        "decision": "edit",
        "step": "S0",
        "session_minutes": "30",
        "home_days_per_week": "3",
    }
    answered = await priya.post(path, data=form)
    assert answered.status_code == 409
    assert "needs the reason" in answered.text
    assert 'value="S0" selected' in answered.text
    assert 'name="session_minutes" min="30" max="60" step="5" inputmode="numeric" value="30"' in answered.text
    again = await priya.post(
        path, data={**form, "key": _key(answered), "reason": "Two short visits a week suit her work."}
    )
    assert again.headers["Location"] == "/approvals?said=edited"
    protocol = plans.states[waiting_plan].protocol
    assert (protocol.session_minutes, protocol.home_days_per_week) == (30, 3)


async def test_words_of_ten_thousand_letters_are_refused_and_kept(
    priya: httpx2.AsyncClient, waiting_plan: str
) -> None:
    path, sheet = await _sheet(priya, waiting_plan)
    words = "ab " * 3400
    answered = await priya.post(path, data={"key": _key(sheet), "decision": "reject", "reason": words})
    assert answered.status_code == 422
    assert "at most 4000 characters" in answered.text
    assert words.strip() in answered.text


async def test_the_front_desk_reads_a_sheet_and_has_no_button(sign_in: SignIn, waiting_plan: str) -> None:
    desk = await sign_in(FRONT_DESK)
    path, sheet = await _sheet(desk, waiting_plan)
    assert 'value="approve"' not in sheet.text
    assert "Only a registered physiotherapist decides." in sheet.text
    assert (await desk.post(path, data={"key": "k", "decision": "approve"})).status_code == 403


async def test_while_the_engine_is_away_the_same_form_may_be_sent_again(
    priya: httpx2.AsyncClient, waiting_plan: str, plans: StagedPlans
) -> None:
    path, sheet = await _sheet(priya, waiting_plan)
    form = {"key": _key(sheet), "decision": "approve"}
    plans.away = True
    answered = await priya.post(path, data=form)
    assert answered.status_code == 503
    assert _key(answered) == form["key"]
    plans.away = False
    assert (await priya.post(path, data={**form, "key": _key(answered)})).status_code == 303


async def test_a_decision_that_does_not_exist_is_a_page_that_says_so(priya: httpx2.AsyncClient) -> None:
    answered = await priya.get("/approvals/nothing-1")
    assert answered.status_code == 404
    assert "There is nothing here" in answered.text


async def test_a_rejection_without_a_reason_is_asked_for_one_and_decides_nothing(
    priya: httpx2.AsyncClient, waiting_plan: str, plans: StagedPlans
) -> None:
    path, sheet = await _sheet(priya, waiting_plan)
    before = plans.states[waiting_plan].stage
    answered = await priya.post(path, data={"key": _key(sheet), "decision": "reject"})
    assert answered.status_code == 422
    assert "Say why it is rejected" in answered.text
    assert plans.states[waiting_plan].stage is before
