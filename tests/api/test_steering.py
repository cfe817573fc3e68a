"""Staff steer plans over HTTP: hold, resume, end, amend, and see to alerts."""

from __future__ import annotations

from typing import Any

from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.api.forms import example
from tests.api.pathway import active, notes, opened, read, refused
from tests.api.recorded_plans import RecordedPlans


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
    carried = [envelope.as_json() for envelope in plans.envelopes]
    carried += [state.as_json() for state in plans.states.values()]
    assert not [one for one in carried if "SPOKE" in one or "Maya" in one or "+4477" in one]


async def test_an_alert_nobody_knows_is_not_found(therapist: AsyncClient) -> None:
    refused(await therapist.post("/api/v1/alerts/none/acknowledge"), "not_found", 404)
