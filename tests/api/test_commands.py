"""Staff decide and steer over HTTP; what a plan refuses is refused with why, and nothing is half done."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.demo_clinic import EVENING_THERAPIST, FRONT_DESK, ROOM_IDS
from schemas.commands import RecordOutcome
from tests.api.conftest import SERVICE_TOKEN, Caller, Clock
from tests.api.forms import example, with_field
from tests.api.pathway import active, opened, read, waiting
from tests.api.recorded_plans import RecordedPlans

FIRST = datetime(2026, 11, 3, 10, tzinfo=UTC)
"""When Anna's first session begins."""


@pytest.fixture
def front_desk(caller: Caller) -> AsyncClient:
    """A process that acts for the front desk."""
    return caller(Authorization=f"Bearer {SERVICE_TOKEN}", X_Limber_Staff=FRONT_DESK.id)


def refused(answered: Response, code: str, status: int = 409) -> dict[str, Any]:
    """The problem document of a refusal."""
    problem: dict[str, Any] = answered.json()
    assert (answered.status_code, problem["code"]) == (status, code), answered.text
    assert answered.headers["content-type"] == "application/problem+json"
    assert problem["detail"]
    return problem


async def notes(engine: AsyncEngine) -> list[str]:
    async with engine.connect() as connection:
        return list((await connection.scalars(text("SELECT body FROM notes ORDER BY at, id"))).all())


# -- decisions ------------------------------------------------------------------------------------


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
    }
    answered = await therapist.post(
        f"/api/v1/approvals/{await waiting(therapist, plan_id)}/decision",
        json={"decision": "edit", "reason": "Twice a week at first.", "edit": edit},
    )
    assert answered.status_code == 200, answered.text
    protocol = plans.states[plan_id].protocol
    assert (protocol.start_step, protocol.therapist_id) == ("S0", EVENING_THERAPIST.id)
    assert protocol.techniques == ("static", "dynamic")
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


# -- sessions ---------------------------------------------------------------------------------------


async def test_an_outcome_before_the_session_is_refused(
    therapist: AsyncClient, anna: dict[str, Any], engine: AsyncEngine
) -> None:
    plan_id = await active(therapist, anna)
    answered = await therapist.post(
        f"/api/v1/plans/{plan_id}/sessions/1/outcome", json={"outcome": "attended", "note": "Went well."}
    )
    assert "03 Nov 2026 at 10:00" in refused(answered, "session_not_happened")["detail"]
    assert await notes(engine) == []


async def test_an_outcome_is_recorded_once(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans, clock: Clock
) -> None:
    plan_id = await active(therapist, anna)
    clock.now = FIRST + timedelta(hours=1)
    address = f"/api/v1/plans/{plan_id}/sessions/1/outcome"
    outcome = {
        "outcome": "attended",
        "pain": 5,
        "stiffness": 6,
        "primary": 4,
        "techniques": ["static"],
        "note": "Went well.",
    }
    assert (await therapist.post(address, json=outcome)).status_code == 200
    command = plans.commands[-1]
    assert isinstance(command, RecordOutcome)
    assert (command.pain, command.techniques, bool(command.note_id)) == (5, ("static",), True)
    refused(await therapist.post(address, json=outcome), "session_not_booked")


@pytest.mark.parametrize(
    ("outcome", "field"),
    [
        ({"outcome": "slept"}, "outcome"),
        ({}, "outcome"),
        ({"outcome": "attended", "pain": 11}, "pain"),
        ({"outcome": "no_show", "pain": 3}, "pain"),
        ({"outcome": "attended", "techniques": ["magic"]}, "techniques"),
        ({"outcome": "attended", "mood": 3}, "mood"),
    ],
)
async def test_an_outcome_that_cannot_be_names_its_field(
    therapist: AsyncClient, anna: dict[str, Any], outcome: dict[str, Any], field: str
) -> None:
    plan_id = await active(therapist, anna)
    answered = await therapist.post(f"/api/v1/plans/{plan_id}/sessions/1/outcome", json=outcome)
    assert answered.status_code == 422
    assert {error["field"] for error in answered.json()["errors"]} == {field}


async def test_a_session_the_plan_does_not_have_is_not_found(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    answered = await therapist.post(f"/api/v1/plans/{plan_id}/sessions/99/cancel")
    refused(answered, "unknown_session", 404)


async def test_a_session_moves_and_is_cancelled(therapist: AsyncClient, anna: dict[str, Any]) -> None:
    plan_id = await active(therapist, anna)
    moved = await therapist.post(
        f"/api/v1/plans/{plan_id}/sessions/1/reschedule", json={"starts_at": "2026-11-04T11:00:00+00:00"}
    )
    assert moved.status_code == 200, moved.text
    first = (await read(therapist, plan_id))["state"]["sessions"][0]
    assert (first["starts_at"], first["revision"]) == ("2026-11-04T11:00:00+00:00", 2)
    cancelled = await therapist.post(f"/api/v1/plans/{plan_id}/sessions/1/cancel", json={"by_clinic": True})
    assert cancelled.status_code == 200


async def test_a_session_cannot_move_into_the_past(therapist: AsyncClient, anna: dict[str, Any]) -> None:
    plan_id = await active(therapist, anna)
    answered = await therapist.post(
        f"/api/v1/plans/{plan_id}/sessions/1/reschedule", json={"starts_at": "2026-11-01T10:00:00Z"}
    )
    refused(answered, "slot_in_past")


async def test_a_taken_time_comes_with_free_ones_in_the_site_s_zone(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, with_field(anna, "preferred.from", "2027-04-01"))
    other = await active(
        therapist, with_field(anna, "preferred", {"weekday": "wednesday", "from": "2027-04-01"})
    )
    taken = (await read(therapist, plan_id))["state"]["sessions"][0]["starts_at"]
    answered = await therapist.post(f"/api/v1/plans/{other}/sessions/1/reschedule", json={"starts_at": taken})
    alternatives = refused(answered, "slot_taken")["alternatives"]
    assert alternatives
    assert all(one.endswith("+01:00") and one != taken for one in alternatives)


async def test_f25_of_many_who_want_one_time_one_gets_it(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    others = [
        await active(therapist, with_field(anna, "preferred", {"weekday": day, "time": "14:00"}))
        for day in ("monday", "wednesday", "thursday", "friday")
    ]
    wanted = {"starts_at": "2026-12-02T15:00:00+00:00"}
    answers = await asyncio.gather(
        *(therapist.post(f"/api/v1/plans/{one}/sessions/1/reschedule", json=wanted) for one in others)
    )
    assert sorted(one.status_code for one in answers) == [200, 409, 409, 409]


# -- steering -----------------------------------------------------------------------------------------


async def test_a_hold_keeps_its_words_and_a_resume_ends_it(
    therapist: AsyncClient, anna: dict[str, Any], engine: AsyncEngine
) -> None:
    plan_id = await active(therapist, anna)
    held = await therapist.post(
        f"/api/v1/plans/{plan_id}/hold",
        json={"reason": "Two weeks in Kraków.", "until": "2026-11-20T09:00:00Z"},
    )
    assert held.json()["stage"] == "suspended"
    assert (await therapist.post(f"/api/v1/plans/{plan_id}/resume")).json()["stage"] == "active"
    assert await notes(engine) == ["Two weeks in Kraków."]


async def test_a_process_without_a_person_has_no_words_to_keep(
    service: AsyncClient, therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    answered = await service.post(f"/api/v1/plans/{plan_id}/hold", json={"reason": "Two weeks away."})
    refused(answered, "staff_not_named", 403)


async def test_a_client_who_stops_is_let_go_at_once(
    front_desk: AsyncClient, therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    answered = await front_desk.post(f"/api/v1/plans/{plan_id}/withdraw", json={"reason": "Moving away."})
    assert answered.json()["stage"] == "withdrawn"
    refused(
        await therapist.post(f"/api/v1/plans/{plan_id}/hold", json={"reason": "Too late."}), "plan_closed"
    )


async def test_a_running_plan_is_amended_with_a_reason(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans
) -> None:
    plan_id = await active(therapist, anna)
    body = {"edit": {"session_minutes": 30}, "reason": "Shorter visits suit her."}
    assert (await therapist.post(f"/api/v1/plans/{plan_id}/amend", json=body)).status_code == 200
    assert plans.states[plan_id].protocol.session_minutes == 30
    wordless = await therapist.post(f"/api/v1/plans/{plan_id}/amend", json={**body, "reason": ""})
    assert wordless.status_code == 422


# -- screening again ------------------------------------------------------------------------------------


async def test_a_re_screen_joins_new_answers_to_the_form_s_own(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans
) -> None:
    plan_id = await active(therapist, anna)
    answers = {"SCR-12": {"value": ["told_osteoporosis"]}}
    answered = await therapist.post(f"/api/v1/plans/{plan_id}/rescreen", json={"answers": answers})
    assert answered.status_code == 200, answered.text
    found = {finding.rule for finding in plans.states[plan_id].screening.result.findings}
    assert {"SCR-12-c", "SCR-21-b"} <= found


async def test_a_later_re_screen_remembers_the_one_before(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans, clock: Clock
) -> None:
    plan_id = await active(therapist, anna)
    for answers in ({"SCR-12": {"value": ["told_osteoporosis"]}}, {"SCR-18": {"value": ["fall_1"]}}):
        clock.pass_by(timedelta(minutes=5))
        await therapist.post(f"/api/v1/plans/{plan_id}/rescreen", json={"answers": answers})
    found = {finding.rule for finding in plans.states[plan_id].screening.result.findings}
    assert {"SCR-12-c", "SCR-18-d", "SCR-21-b"} <= found


async def test_a_red_flag_in_a_re_screen_suspends_the_plan(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    answers = {"SCR-02": {"value": "new_or_worse"}}
    answered = await therapist.post(f"/api/v1/plans/{plan_id}/rescreen", json={"answers": answers})
    assert answered.json()["stage"] == "suspended"


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"SCR-02": {"value": "maybe"}}, "answers.SCR-02.value"),
        ({"SCR-99": {"value": "no"}}, "answers.SCR-99"),
        ({"SCR-24": {"value": 20}}, "answers.SCR-24"),
        ({}, "answers"),
    ],
)
async def test_a_re_screen_that_cannot_be_names_its_field(
    therapist: AsyncClient, anna: dict[str, Any], answers: dict[str, Any], field: str
) -> None:
    plan_id = await active(therapist, anna)
    answered = await therapist.post(f"/api/v1/plans/{plan_id}/rescreen", json={"answers": answers})
    assert answered.status_code == 422
    assert {error["field"] for error in answered.json()["errors"]} == {field}


# -- alerts -----------------------------------------------------------------------------------------------


async def test_an_urgent_alert_is_taken_on_and_closed_by_a_physiotherapist_with_words(
    therapist: AsyncClient, front_desk: AsyncClient
) -> None:
    plan_id = await opened(therapist, example("maya-saddle-numbness"))
    (alert,) = (await read(therapist, plan_id))["alerts"]
    address = f"/api/v1/alerts/{alert['id']}"
    assert (await front_desk.post(f"{address}/acknowledge")).status_code == 200
    closing = {"outcome": "went to A&E", "note": "Her brother drove her."}
    refused(await front_desk.post(f"{address}/close", json=closing), "not_a_clinician")
    refused(await therapist.post(f"{address}/close", json={"outcome": "emergency_care"}), "note_missing")
    assert (await therapist.post(f"{address}/close", json=closing)).status_code == 200
    refused(await therapist.post(f"{address}/close", json=closing), "alert_closed")
    (closed,) = (await read(therapist, plan_id))["alerts"]
    assert (closed["outcome"], closed["note"]) == ("see_note", "went to A&E\nHer brother drove her.")


async def test_no_words_reach_the_plan_itself(
    therapist: AsyncClient, plans: RecordedPlans, anna: dict[str, Any]
) -> None:
    plan_id = await opened(therapist, example("maya-saddle-numbness"))
    (alert,) = (await read(therapist, plan_id))["alerts"]
    await therapist.post(f"/api/v1/alerts/{alert['id']}/close", json={"outcome": "SPOKE to her"})
    await therapist.post(f"/api/v1/plans/{plan_id}/withdraw", json={"reason": "SPOKE of moving"})
    carried = [envelope.model_dump_json() for envelope in plans.envelopes]
    carried += [state.model_dump_json() for state in plans.states.values()]
    assert not [one for one in carried if "SPOKE" in one or "Maya" in one or "+4477" in one]


async def test_an_alert_nobody_knows_is_not_found(therapist: AsyncClient) -> None:
    refused(await therapist.post("/api/v1/alerts/none/acknowledge"), "not_found", 404)
