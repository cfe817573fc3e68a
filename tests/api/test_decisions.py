"""Therapists decide over HTTP; what a plan refuses is refused with why, and nothing is half done."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine

from database.demo_clinic import EVENING_THERAPIST, FRONT_DESK, ROOM_IDS
from tests.api.forms import example
from tests.api.pathway import notes, opened, read, refused, waiting
from tests.api.recorded_plans import RecordedPlans


async def test_a_second_decision_on_the_same_approval_is_refused(
    therapist: AsyncClient, anna: dict[str, Any], engine: AsyncEngine
) -> None:
    plan_id = await opened(therapist, anna)
    address = f"/api/v1/approvals/{await waiting(therapist, plan_id)}/decision"
    decided = await therapist.post(address, json={"decision": "approve", "reason": "Fits her goals."})
    assert decided.status_code == 200
    assert decided.json()["stage"] == "active"
    again = await therapist.post(address, json={"decision": "reject", "reason": "Changed my mind."})
    refused(again, "already_decided")
    assert await notes(engine) == ["Fits her goals."]
    assert (await read(therapist, plan_id))["plan"]["stage"] == "active"


async def test_the_same_request_again_is_answered_again(
    therapist: AsyncClient, anna: dict[str, Any], engine: AsyncEngine, plans: RecordedPlans
) -> None:
    plan_id = await opened(therapist, anna)
    address = f"/api/v1/approvals/{await waiting(therapist, plan_id)}/decision"
    body = {"decision": "approve", "reason": "Fits her goals."}
    first = await therapist.post(address, json=body, headers={"Idempotency-Key": "click-1"})
    again = await therapist.post(address, json=body, headers={"Idempotency-Key": "click-1"})
    assert (first.status_code, again.status_code) == (200, 200)
    assert again.json()["repeated"]
    assert len(plans.commands) == 1
    assert await notes(engine) == ["Fits her goals."]


@pytest.mark.parametrize("who", ["service", "front_desk"])
async def test_only_a_named_physiotherapist_decides(
    who: str,
    request: pytest.FixtureRequest,
    therapist: AsyncClient,
    anna: dict[str, Any],
    engine: AsyncEngine,
) -> None:
    plan_id = await opened(therapist, anna)
    client: AsyncClient = request.getfixturevalue(who)
    answered = await client.post(
        f"/api/v1/approvals/{await waiting(therapist, plan_id)}/decision",
        json={"decision": "approve", "reason": "Looks fine to me."},
    )
    refused(answered, "not_a_clinician")
    assert await notes(engine) == []


async def test_an_edit_may_change_step_therapist_and_techniques(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans
) -> None:
    plan_id = await opened(therapist, anna)
    edit = {
        "start_step": "S0",
        "therapist": EVENING_THERAPIST.email,
        "first_session_at": "2026-11-04T16:00:00+00:00",
        "techniques": ["static", "dynamic"],
        "home_days_per_week": 3,
    }
    answered = await therapist.post(
        f"/api/v1/approvals/{await waiting(therapist, plan_id)}/decision",
        json={"decision": "edit", "reason": "Twice a week at first.", "edit": edit},
    )
    assert answered.status_code == 200, answered.text
    protocol = plans.states[plan_id].protocol
    assert (protocol.start_step, protocol.therapist_id) == ("S0", EVENING_THERAPIST.id)
    assert protocol.techniques == ("static", "dynamic")
    assert protocol.home_days_per_week == 3
    assert protocol.room_id == ROOM_IDS[3], "the new therapist's own room"


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ({"therapist": "nobody@riverside.example"}, "edit.therapist"),
        ({"therapist": FRONT_DESK.id}, "edit.therapist"),
        ({"room_id": "cellar"}, "edit.room_id"),
        ({"techniques": ["static", "magic"]}, "edit.techniques"),
        ({"start_step": "S9"}, "edit.start_step"),
        ({"session_minutes": 90}, "edit.session_minutes"),
        ({"home_days_per_week": 8}, "edit.home_days_per_week"),
        ({"first_session_at": "2026-11-04T16:00:00"}, "edit.first_session_at"),
    ],
)
async def test_an_edit_that_cannot_be_names_its_field(
    therapist: AsyncClient, anna: dict[str, Any], edit: dict[str, Any], field: str
) -> None:
    plan_id = await opened(therapist, anna)
    answered = await therapist.post(
        f"/api/v1/approvals/{await waiting(therapist, plan_id)}/decision",
        json={"decision": "edit", "reason": "It should be so.", "edit": edit},
    )
    assert answered.status_code == 422
    assert {error["field"] for error in answered.json()["errors"]} == {field}


async def test_a_first_session_in_the_past_is_refused(therapist: AsyncClient, anna: dict[str, Any]) -> None:
    plan_id = await opened(therapist, anna)
    edit = {"first_session_at": "2026-10-27T10:00:00+00:00"}
    answered = await therapist.post(
        f"/api/v1/approvals/{await waiting(therapist, plan_id)}/decision",
        json={"decision": "edit", "reason": "It should be so.", "edit": edit},
    )
    refused(answered, "slot_in_past")
    assert (await read(therapist, plan_id))["plan"]["stage"] == "awaiting_approval"


async def test_an_approval_nobody_knows_is_not_found(therapist: AsyncClient) -> None:
    answered = await therapist.post("/api/v1/approvals/none-such/decision", json={"decision": "approve"})
    refused(answered, "not_found", 404)


async def test_the_inbox_is_sorted_by_deadline_and_owner(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    await opened(therapist, anna)
    await opened(therapist, example("dorothy-osteoporosis"))
    mine = (await therapist.get("/api/v1/approvals", params={"owner": "priya.nair@riverside.example"})).json()
    assert {one["client"] for one in mine["approvals"]} == {"Anna Kowalska"}
    every = (await therapist.get("/api/v1/approvals")).json()["approvals"]
    assert [one["due_at"] for one in every] == sorted(one["due_at"] for one in every)
