"""What must be so before a plan starts, and the part of a leg that nobody touches: on every page they concern."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from schemas.plan import Stage
from schemas.protocol import ApprovalKind
from tests.api.forms import with_field
from tests.api.test_start_condition_over_http import an_old_operation
from tests.console.conftest import opened
from tests.console.staged_clinic import StagedPlans
from tests.console.test_documents import LETTER

SENTENCE = "very SCR-09/10 hold discharged; protocol attached; wound healed"
HEALED = "the wound is healed and dry"


@pytest.fixture
async def waiting(priya: httpx2.AsyncClient) -> str:
    """George's plan, years after his new knee."""
    return await opened(priya, an_old_operation())


def asked_of(plans: StagedPlans, plan_id: str) -> str:
    """The page of the decision that his plan waits for."""
    (one,) = plans.states[plan_id].approvals
    return f"/approvals/{one.id}"


async def test_every_page_says_what_must_be_so_first_and_where_it_is_recorded(
    priya: httpx2.AsyncClient, waiting: str, plans: StagedPlans
) -> None:
    decision = asked_of(plans, waiting)
    plan = (await priya.get(f"/plans/{waiting}")).text
    assert SENTENCE in plan
    assert f'<a href="{decision}">Record the document</a>' in plan
    assert SENTENCE in (await priya.get("/attention?whose=everyone")).text
    assert SENTENCE in (await priya.get("/approvals?whose=everyone")).text
    sheet = (await priya.get(f"/plans/{waiting}/session-sheet")).text
    assert "No session yet." in sheet and SENTENCE in sheet
    page = (await priya.get(decision)).text
    assert SENTENCE in page and "wound status" in page
    assert f'name="confirmed" value="{HEALED}"' in page
    assert re.findall(r'name="surgical_techniques" value="([a-z_]+)"', page) == [
        "pnf_hold_relax",
        "pre_contraction",
        "myofascial_release",
        "dynamic",
    ]


async def test_without_the_tick_nothing_is_recorded_and_what_was_typed_stays(
    priya: httpx2.AsyncClient, waiting: str, plans: StagedPlans
) -> None:
    decision = asked_of(plans, waiting)
    form: dict[str, Any] = {
        "key": "once",
        "reads_techniques": "yes",
        "surgical_techniques": ["pnf_hold_relax"],
        **LETTER,
    }
    answered = await priya.post(decision, data=form)
    assert answered.status_code == 409
    assert f"Not confirmed yet (profiles.post_surgical.start_condition): {HEALED}" in answered.text
    assert 'value="pnf_hold_relax" checked' in answered.text
    assert plans.states[waiting].stage is Stage.awaiting_clearance
    assert (await priya.post(decision, data=form | {"key": "again", "confirmed": HEALED})).status_code == 303
    assert plans.states[waiting].stage is Stage.awaiting_approval
    assert "pnf_hold_relax" in plans.states[waiting].protocol.techniques
    kept = (await priya.get(f"/plans/{waiting}")).text
    assert f"Confirmed: {HEALED}. It allows pnf hold relax." in kept
    sheet = (await priya.get(f"/plans/{waiting}/session-sheet")).text
    assert "No session yet." not in sheet


async def test_a_newer_protocol_is_read_on_the_plans_page(
    priya: httpx2.AsyncClient, waiting: str, plans: StagedPlans
) -> None:
    page = f"/plans/{waiting}"
    assert 'name="surgical_techniques"' not in (await priya.get(page)).text, "no protocol counts yet"
    form: dict[str, Any] = {"key": "once", "confirmed": HEALED, "reads_techniques": "yes", **LETTER}
    assert (await priya.post(asked_of(plans, waiting), data=form)).status_code == 303
    read: dict[str, Any] = {"form": "amend", "reads_techniques": "yes", "reason": "Letter of 20 November."}
    newer = read | {"key": "a", "surgical_techniques": ["dynamic"]}
    assert (await priya.post(f"{page}/amend", data=newer)).status_code == 303
    assert plans.states[waiting].protocol.surgical_techniques == ("dynamic",)
    assert 'value="dynamic" checked' in (await priya.get(page)).text
    none_now = read | {"key": "b", "allowed_before": ["dynamic"]}
    assert (await priya.post(f"{page}/amend", data=none_now)).status_code == 303
    assert plans.states[waiting].protocol.surgical_techniques == ()


async def test_a_plan_for_the_leg_says_everywhere_that_the_held_knee_is_left_out(
    priya: httpx2.AsyncClient, anna: dict[str, Any], plans: StagedPlans
) -> None:
    knee = {"value": "healing_or_not_checked", "region": ["knee"], "side": "left", "date": "2026-02-01"}
    form = with_field(with_field(anna, "screening.SCR-08", knee), "target_regions", ["leg_whole"])
    plan_id = await opened(priya, form)
    start = next(one for one in plans.states[plan_id].approvals if one.kind is ApprovalKind.start)
    for path in (f"/approvals/{start.id}", f"/plans/{plan_id}"):
        assert "<dt>Left out</dt><dd><strong>Knee (left)</strong>" in (await priya.get(path)).text
    sheet = (await priya.get(f"/plans/{plan_id}/session-sheet")).text
    assert "Left out: knee (left)." in sheet
    assert "no technique (knee, left)" in sheet


async def test_a_form_that_tells_of_no_operation_is_put_before_a_person_in_words(
    priya: httpx2.AsyncClient, plans: StagedPlans
) -> None:
    plan_id = await opened(priya, with_field(an_old_operation(), "screening.SCR-10", {"value": "no"}))
    assert plans.states[plan_id].stage is Stage.awaiting_clearance
    assert "The form tells of no operation that was done" in (await priya.get(f"/plans/{plan_id}")).text
