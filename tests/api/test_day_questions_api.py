"""The questions of the day over HTTP: a program that says nothing of them loses no record and hides nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient

from schemas.commands import AnswerDayQuestions, RecordOutcome
from tests.api.conftest import Clock
from tests.api.pathway import NOTHING_NEW, active, read, refused
from tests.api.recorded_plans import RecordedPlans

AFTER_THE_FIRST = datetime(2026, 11, 3, 10, tzinfo=UTC) + timedelta(hours=1)
ATTENDED = {"outcome": "attended", "pain": 4}


async def recorded(
    therapist: AsyncClient, anna: dict[str, Any], clock: Clock, **more: Any
) -> tuple[str, dict[str, Any]]:
    """A plan after its first visit, and what it says of itself."""
    plan_id = await active(therapist, anna)
    clock.now = AFTER_THE_FIRST
    body = ATTENDED | more
    answered = await therapist.post(f"/api/v1/plans/{plan_id}/sessions/1/outcome", json=body)
    assert answered.status_code == 200, answered.text
    return plan_id, await read(therapist, plan_id)


def alerts(plan: dict[str, Any]) -> list[str]:
    """Why the plan needs a person."""
    return [one["reason"] for one in plan["alerts"]]


LEFT_OUT: tuple[tuple[dict[str, Any], tuple[str, ...]], ...] = (
    ({}, ("DAY-01", "DAY-02", "DAY-03", "DAY-05")),
    ({"day_check": {"DAY-01": False, "DAY-03": None}}, ("DAY-02", "DAY-03", "DAY-05")),
    ({"day_check": NOTHING_NEW, "pain": None}, ("DAY-04",)),
    ({"day_check": NOTHING_NEW}, ()),
)


@pytest.mark.parametrize("case", LEFT_OUT, ids=lambda case: "+".join(case[1]) or "none")
async def test_whatever_is_left_out_or_null_was_not_asked(
    case: tuple[dict[str, Any], tuple[str, ...]],
    therapist: AsyncClient,
    anna: dict[str, Any],
    plans: RecordedPlans,
    clock: Clock,
) -> None:
    said, open_ones = case
    _, plan = await recorded(therapist, anna, clock, **said)
    command = plans.commands[-1]
    assert isinstance(command, RecordOutcome)
    assert command.not_asked == open_ones
    assert ("day_not_asked" in alerts(plan)) is bool(open_ones)


async def test_a_no_show_is_asked_nothing(therapist: AsyncClient, anna: dict[str, Any], clock: Clock) -> None:
    plan_id = await active(therapist, anna)
    clock.now = AFTER_THE_FIRST
    await therapist.post(f"/api/v1/plans/{plan_id}/sessions/1/outcome", json={"outcome": "no_show"})
    assert "day_not_asked" not in alerts(await read(therapist, plan_id))


async def test_the_answers_close_the_alert_and_a_yes_suspends_the_plan(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans, clock: Clock
) -> None:
    plan_id, plan = await recorded(therapist, anna, clock)
    (alert,) = (one for one in plan["alerts"] if one["reason"] == "day_not_asked")
    bare = await therapist.post(
        f"/api/v1/alerts/{alert['id']}/close", json={"outcome": "see_note", "note": "All well."}
    )
    assert "nobody asked DAY-01" in refused(bare, "day_not_asked")["detail"]
    address = f"/api/v1/plans/{plan_id}/sessions/1/day-check"
    some = await therapist.post(address, json={"day_check": {"DAY-01": False, "DAY-05": True}})
    assert some.status_code == 200, some.text
    assert "day_not_asked" in alerts(await read(therapist, plan_id))
    rest = await therapist.post(address, json={"day_check": {"DAY-02": True, "DAY-03": False}})
    assert rest.status_code == 200, rest.text
    command = plans.commands[-1]
    assert isinstance(command, AnswerDayQuestions)
    assert (command.day_check, command.repeat_items) == (("DAY-02",), ("SCR-02", "SCR-15"))
    after = await read(therapist, plan_id)
    assert after["state"]["stage"] == "suspended"
    assert "health_change" in alerts(after) and "day_not_asked" not in [
        one["reason"] for one in after["alerts"] if one["closed_at"] is None
    ]
    refused(await therapist.post(address, json={"day_check": {"DAY-02": False}}), "nothing_to_ask")


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "day_check"),
        ({"day_check": {"DAY-01": None}}, "day_check"),
        ({"day_check": {"DAY-77": False}}, "day_check"),
        ({"day_check": {"DAY-01": "perhaps"}}, "day_check.DAY-01"),
        ({"pain": 11}, "pain"),
    ],
)
async def test_answers_that_are_none_name_their_field(
    body: dict[str, Any], field: str, therapist: AsyncClient, anna: dict[str, Any], clock: Clock
) -> None:
    plan_id, _ = await recorded(therapist, anna, clock)
    answered = await therapist.post(f"/api/v1/plans/{plan_id}/sessions/1/day-check", json=body)
    assert answered.status_code == 422
    assert {error["field"] for error in answered.json()["errors"]} == {field}


async def test_the_sheet_says_that_nothing_is_known_where_the_client_has_not_answered(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    told = (await read(therapist, plan_id, "/session-sheet"))["day_before"]
    assert told == {"session_no": 1, "told": "not_known", "asked_at": None, "texts": []}
