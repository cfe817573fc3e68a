"""The screening questions, asked again over HTTP."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient

from tests.api.conftest import Clock
from tests.api.pathway import active
from tests.api.recorded_plans import RecordedPlans


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
