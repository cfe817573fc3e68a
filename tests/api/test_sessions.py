"""What happened at a session, and other times for it, over HTTP."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.commands import RecordOutcome
from tests.api.conftest import Clock
from tests.api.forms import with_field
from tests.api.pathway import NOTHING_NEW, active, notes, read, refused
from tests.api.recorded_plans import RecordedPlans

FIRST = datetime(2026, 11, 3, 10, tzinfo=UTC)
"""When Anna's first session begins."""


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
        "day_check": NOTHING_NEW,
    }
    assert (await therapist.post(address, json=outcome)).status_code == 200
    command = plans.commands[-1]
    assert isinstance(command, RecordOutcome)
    assert (command.pain, command.techniques, bool(command.note_id)) == (5, ("static",), True)
    assert command.not_asked == ()
    refused(await therapist.post(address, json=outcome), "session_not_booked")


@pytest.mark.parametrize(
    ("outcome", "field"),
    [
        ({"outcome": "slept"}, "outcome"),
        ({}, "outcome"),
        ({"outcome": "attended", "pain": 11}, "pain"),
        ({"outcome": "attended", "primary": 99}, "primary"),
        ({"outcome": "attended", "primary": "inf"}, "primary"),
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
