"""A plan after an operation over HTTP: what must be so before it starts, who says so, which techniques it may use."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.tables import plans as plan_table
from schemas.plan import SessionStatus, Stage
from schemas.screening import HoldKind
from tests.api.conftest import Clock
from tests.api.forms import example, with_field
from tests.api.pathway import notes, opened, read, refused, waiting
from tests.api.recorded_plans import RecordedPlans
from tests.api.test_clearances import KEPT, LETTER

RULE = "profiles.post_surgical.start_condition"
CONFIRMED = {"confirmed": ["the wound is healed and dry"]}


def an_old_operation(profile: str = "post_surgical") -> dict[str, Any]:
    """George, years after his new knee: nothing but the start condition holds his plan."""
    form = with_field(example("george-recent-surgery"), "screening.SCR-09", {"value": "no"})
    knee = {"value": "knee", "region": "knee", "side": "left", "still_told_limits": "no"}
    clean = with_field(with_field(form, "screening.SCR-10", knee), "screening.SCR-11", {"value": ["none"]})
    return with_field(clean, "profile", profile)


async def _asked(therapist: AsyncClient) -> tuple[str, str]:
    plan_id = await opened(therapist, an_old_operation())
    return plan_id, f"/api/v1/approvals/{await waiting(therapist, plan_id, 'clearance')}/decision"


async def test_the_intake_says_at_once_what_must_be_so_before_the_first_session(
    therapist: AsyncClient,
) -> None:
    answered = await therapist.post("/api/v1/intakes", json=an_old_operation())
    (hold,) = answered.json()["screening"]["holds"]
    assert (hold["rule"], hold["confirm"]) == (RULE, CONFIRMED["confirmed"])
    assert "every SCR-09/10 hold discharged; protocol attached; wound healed" in hold["in_words"]
    assert "wound status" in hold["document_must_state"]


async def test_a_physiotherapist_records_the_protocol_the_wound_and_what_the_protocol_allows(
    therapist: AsyncClient, plans: RecordedPlans, engine: AsyncEngine
) -> None:
    plan_id, address = await _asked(therapist)
    assert plans.states[plan_id].stage is Stage.awaiting_clearance
    refused(await therapist.post(address, json=LETTER), "start_condition")
    read_too = {"surgical_techniques": ["pnf_hold_relax"]}
    assert (await therapist.post(address, json=LETTER | CONFIRMED | read_too)).status_code == 200
    assert (await notes(engine))[-1] == (
        f"{KEPT} Confirmed: the wound is healed and dry. It allows pnf hold relax. Light work only."
    )
    assert plans.states[plan_id].stage is Stage.awaiting_approval
    sheet = (await read(therapist, plan_id, "/session-sheet"))["sheet"]
    assert "pnf_hold_relax" in {one["technique"] for one in sheet["allowed"]}
    assert sheet["not_yet"] == []


async def test_the_sheet_says_that_there_is_no_session_yet(therapist: AsyncClient) -> None:
    plan_id, _ = await _asked(therapist)
    sheet = (await read(therapist, plan_id, "/session-sheet"))["sheet"]
    assert sheet["not_yet"] == ["every SCR-09/10 hold discharged; protocol attached; wound healed"]


@pytest.mark.parametrize("technique", ["pnf_contract_relax", "acupuncture"])
async def test_a_technique_that_no_protocol_can_allow_is_named(
    therapist: AsyncClient, technique: str
) -> None:
    _, address = await _asked(therapist)
    answered = await therapist.post(address, json=LETTER | CONFIRMED | {"surgical_techniques": [technique]})
    problem = refused(answered, "invalid_fields", 422)
    assert "there is pnf_hold_relax, pre_contraction" in problem["errors"][0]["reason"]


async def test_a_plan_that_began_without_it_is_held_at_its_next_outcome(
    therapist: AsyncClient, plans: RecordedPlans, engine: AsyncEngine, clock: Clock
) -> None:
    plan_id, address = await _asked(therapist)
    assert (await therapist.post(address, json=LETTER | CONFIRMED)).status_code == 200
    start = f"/api/v1/approvals/{await waiting(therapist, plan_id)}/decision"
    assert (await therapist.post(start, json={"decision": "approve"})).status_code == 200
    state = plans.states[plan_id]
    kept = tuple(one for one in state.screening.holds if one.hold.kind is not HoldKind.start)
    older = plans.states[plan_id] = state.but(screening=state.screening.but(holds=kept))
    async with engine.begin() as connection:
        await connection.execute(update(plan_table).where(plan_table.c.id == plan_id).values(state=older))
    clock.now = older.sessions[0].starts_at + timedelta(hours=1)
    done = {"outcome": "attended", "pain": 3}
    answered = await therapist.post(f"/api/v1/plans/{plan_id}/sessions/1/outcome", json=done)
    assert answered.status_code == 200, answered.text
    held = plans.states[plan_id]
    assert held.stage is Stage.suspended
    assert all(one.status is not SessionStatus.booked for one in held.sessions)
    (again,) = (one for one in held.screening.holds if one.hold.rule == RULE)
    assert again.discharged_at is None


async def test_a_newer_protocol_is_read_between_times(therapist: AsyncClient, plans: RecordedPlans) -> None:
    plan_id, address = await _asked(therapist)
    assert (await therapist.post(address, json=LETTER | CONFIRMED)).status_code == 200
    amend, reason = f"/api/v1/plans/{plan_id}/amend", "Letter of the team of 2 November, in the file."
    read = {"edit": {"surgical_techniques": ["dynamic"]}, "reason": reason}
    assert (await therapist.post(amend, json=read)).status_code == 200
    assert "dynamic" in plans.states[plan_id].protocol.techniques
    none_now = {"edit": {"surgical_techniques": []}, "reason": reason}
    assert (await therapist.post(amend, json=none_now)).status_code == 200
    assert "dynamic" not in plans.states[plan_id].protocol.techniques
    both = {"edit": {"surgical_techniques": ["dynamic"], "techniques": ["static"]}, "reason": reason}
    problem = refused(await therapist.post(amend, json=both), "invalid_fields", 422)
    assert problem["errors"][0]["field"] == "edit.surgical_techniques"
