"""A physiotherapist sets a goal over HTTP, at the start and later; who measured an angle comes with each outcome."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient, Response

from database.demo_clinic import EVENING_THERAPIST, THERAPIST
from schemas.goals import JointAngle, Measure, Side
from tests.api.conftest import Clock
from tests.api.pathway import active, opened, read, waiting
from tests.api.recorded_plans import RecordedPlans

KNEE = {"code": "ROM", "angle": {"joint": "knee_flexion", "side": "left"}, "baseline": 95, "target": 125}


async def started(therapist: AsyncClient, plan_id: str, goal: dict[str, Any]) -> Response:
    """The start, edited to another goal."""
    return await therapist.post(
        f"/api/v1/approvals/{await waiting(therapist, plan_id)}/decision",
        json={"decision": "edit", "reason": "It is the knee that keeps her.", "edit": {"primary": goal}},
    )


async def amended(therapist: AsyncClient, plan_id: str, goal: dict[str, Any]) -> Response:
    """A running plan's goal, changed."""
    body = {"reason": "It is the knee that keeps her.", "edit": {"primary": goal}}
    return await therapist.post(f"/api/v1/plans/{plan_id}/amend", json=body)


async def test_a_plan_starts_on_an_angle_with_the_pack_s_own_measuring_errors(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans
) -> None:
    plan_id = await opened(therapist, anna)
    answered = await started(therapist, plan_id, KNEE)
    assert answered.status_code == 200, answered.text
    assert plans.states[plan_id].protocol.primary == Measure(
        code="ROM",
        baseline=95,
        target=125,
        mcid=10,
        mdc_between=15,
        angle=JointAngle(joint="knee_flexion", side=Side.left),
        by=THERAPIST.id,
    )


async def test_a_goal_as_it_used_to_be_sent_and_as_it_is_read_back_means_what_it_meant(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans
) -> None:
    plan_id = await active(therapist, anna)
    as_before = {"code": "PSFS", "baseline": 4, "target": 9, "mcid": 2}
    assert (await amended(therapist, plan_id, as_before)).status_code == 200
    assert plans.states[plan_id].protocol.primary == Measure(code="PSFS", baseline=4, target=9, mcid=2)
    read_back = (await read(therapist, plan_id))["state"]["protocol"]["primary"]
    assert (await amended(therapist, plan_id, {**read_back, "target": 8})).status_code == 200
    assert plans.states[plan_id].protocol.primary == Measure(code="PSFS", baseline=4, target=8, mcid=2)


@pytest.mark.parametrize(
    ("goal", "field"),
    [
        ({"code": "NDI", "baseline": 1, "target": 2}, "code"),
        ({"code": "GROC", "baseline": 0, "target": 3}, "code"),
        ({"code": "PSFS", "baseline": 3, "target": 12}, "target"),
        ({"code": "PSFS", "baseline": 3, "target": 3}, "target"),
        ({"code": "STIFF", "baseline": 3, "target": 5}, "target"),
        ({"code": "PSFS", "baseline": 3, "target": 8, "mcid": 0.1}, "mcid"),
        ({"code": "PSFS", "target": 8}, "baseline"),
        ({"code": "PSFS", "baseline": 3, "target": "inf"}, "target"),
        ({"code": "ROM", "baseline": 95, "target": 125}, "angle.joint"),
        ({**KNEE, "angle": {"joint": "knee"}}, "angle.joint"),
        ({**KNEE, "angle": {"joint": "shoulder"}}, "angle.movement"),
        ({**KNEE, "angle": {"joint": "knee_flexion", "side": "upper"}}, "angle.side"),
        ({**KNEE, "angle": {"joint": "knee_flexion", "sied": "left"}}, "angle.sied"),
        ({**KNEE, "target": 400}, "target"),
    ],
)
async def test_a_goal_that_cannot_be_names_its_field_and_changes_nothing(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans, goal: dict[str, Any], field: str
) -> None:
    plan_id = await active(therapist, anna)
    before = plans.states[plan_id]
    answered = await amended(therapist, plan_id, goal)
    assert answered.status_code == 422, answered.text
    assert {error["field"] for error in answered.json()["errors"]} == {f"edit.primary.{field}"}
    assert plans.states[plan_id] == before


async def test_who_measured_stays_with_the_score_and_a_process_is_nobody(
    therapist: AsyncClient, service: AsyncClient, anna: dict[str, Any], plans: RecordedPlans, clock: Clock
) -> None:
    plan_id = await opened(therapist, anna)
    await started(therapist, plan_id, KNEE)
    for number, asker in ((1, therapist), (2, service)):
        session = plans.states[plan_id].session(number)
        assert session is not None
        clock.now = session.starts_at + timedelta(hours=1)
        answered = await asker.post(
            f"/api/v1/plans/{plan_id}/sessions/{number}/outcome", json={"outcome": "attended", "primary": 100}
        )
        assert answered.status_code == 200, answered.text
    assert [one.by for one in plans.states[plan_id].progress.scores] == [THERAPIST.id, None]


@pytest.mark.parametrize(
    ("goal", "refused"),
    [
        (KNEE, ({"primary": 950}, "ROM goes from -180 to 180")),
        (
            {"code": "NRS", "baseline": 6, "target": 2},
            ({"pain": 4, "primary": 5}, "The goal is pain itself: 4 there, 5 here. Give it once, as pain."),
        ),
    ],
)
async def test_an_outcome_that_the_goal_cannot_have_is_refused(
    therapist: AsyncClient,
    anna: dict[str, Any],
    clock: Clock,
    goal: dict[str, Any],
    refused: tuple[dict[str, Any], str],
) -> None:
    outcome, said = refused
    plan_id = await opened(therapist, anna)
    await started(therapist, plan_id, goal)
    clock.now = datetime(2026, 11, 3, 11, tzinfo=UTC)
    address = f"/api/v1/plans/{plan_id}/sessions/1/outcome"
    answered = await therapist.post(address, json={"outcome": "attended", **outcome})
    assert answered.status_code == 422
    assert said in answered.json()["errors"][0]["reason"]


async def test_a_colleague_s_new_baseline_is_the_colleague_s(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans
) -> None:
    plan_id = await opened(therapist, anna)
    await started(therapist, plan_id, KNEE)
    colleague = {"X-Limber-Staff": EVENING_THERAPIST.email}
    body = {"reason": "Measured again today.", "edit": {"primary": {**KNEE, "baseline": 100}}}
    answered = await therapist.post(f"/api/v1/plans/{plan_id}/amend", json=body, headers=colleague)
    assert answered.status_code == 200, answered.text
    assert plans.states[plan_id].protocol.primary.by == EVENING_THERAPIST.id


async def test_the_form_s_stiffness_is_what_later_answers_are_compared_with(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans
) -> None:
    plan_id = await opened(therapist, {**anna, "stiffness": 6})
    assert plans.states[plan_id].protocol.stiffness_baseline == 6
