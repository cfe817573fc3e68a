"""`POST …/decision` on a start with other target regions: judged by the plan's own rules before anything begins."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import AsyncClient, Response

from schemas.plan import Stage
from tests.api.pathway import opened, refused, waiting
from tests.api.recorded_plans import RecordedPlans

WHY = "Her knee is what keeps her from the stairs."


@pytest.fixture
def bea(anna: dict[str, Any]) -> dict[str, Any]:
    """Like Anna, with a broken knee that nobody has looked at since."""
    knee = {"value": "healing_or_not_checked", "region": ["knee"], "date": "2026-09-01"}
    return {**anna, "screening": {**anna["screening"], "SCR-08": knee}}


async def start_with(therapist: AsyncClient, plan_id: str, *regions: str, **body: Any) -> Response:
    """The answer to an edited start."""
    asked = {"decision": "edit", "reason": WHY, "edit": {"target_regions": regions}} | body
    return await therapist.post(f"/api/v1/approvals/{await waiting(therapist, plan_id)}/decision", json=asked)


async def test_the_start_may_name_other_parts_of_the_body(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans
) -> None:
    plan_id = await opened(therapist, anna)
    answered = await start_with(therapist, plan_id, "lumbar", "knee")
    assert (answered.status_code, answered.json()["stage"]) == (200, "active"), answered.text
    assert plans.states[plan_id].protocol.target_regions == ("lumbar", "knee")
    assert plans.states[plan_id].protocol.revision == 2, "one change, one revision"


async def test_a_start_with_held_parts_only_is_refused_and_nothing_begins(
    therapist: AsyncClient, bea: dict[str, Any], plans: RecordedPlans
) -> None:
    plan_id = await opened(therapist, bea)
    problem = refused(await start_with(therapist, plan_id, "knee"), "holds_open")
    assert "SCR-08-b" in problem["detail"]
    assert plans.states[plan_id].stage is Stage.awaiting_approval
    assert "knee" not in plans.states[plan_id].protocol.target_regions
    beside = await start_with(therapist, plan_id, "lumbar", "knee")
    assert beside.json()["stage"] == "active"


async def test_a_part_that_no_body_has_is_named(therapist: AsyncClient, anna: dict[str, Any]) -> None:
    plan_id = await opened(therapist, anna)
    answered = await start_with(therapist, plan_id, "lumbar", "tail")
    assert answered.status_code == 422
    assert {one["field"] for one in answered.json()["errors"]} == {"edit.target_regions"}
