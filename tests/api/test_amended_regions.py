"""`POST …/amend` with other target regions: judged by the plan's own rules, told with the reason in its story."""

from __future__ import annotations

from typing import Any

import pytest
from httpx2 import AsyncClient

from schemas.screening import Restriction
from tests.api.pathway import active, read
from tests.api.recorded_plans import RecordedPlans

WHY = "Her knee is what keeps her from the stairs."
UNCHECKED_KNEE = {"value": "healing_or_not_checked", "region": ["knee"], "date": "2026-09-01"}


@pytest.fixture
def bea(anna: dict[str, Any]) -> dict[str, Any]:
    """Like Anna, with a broken knee that nobody has looked at since."""
    return {**anna, "screening": {**anna["screening"], "SCR-08": UNCHECKED_KNEE}}


def other_regions(*regions: str, reason: str = WHY) -> dict[str, Any]:
    return {"edit": {"target_regions": regions}, "reason": reason}


async def test_a_clear_region_is_added_and_the_reason_is_kept(
    therapist: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    amended = await therapist.post(
        f"/api/v1/plans/{plan_id}/amend", json=other_regions("lumbar", "hip", "knee")
    )
    assert amended.status_code == 200, amended.text
    assert amended.json()["stage"] == "active"
    told = (await read(therapist, plan_id, "/events"))["events"]
    [change] = [one for one in told if one["kind"] == "plan.regions_changed"]
    assert change["rule"] == "ALG-6"
    assert change["what"] == "The plan now treats: lower back, hip, knee (new: knee; left out: –)."
    assert change["facts"]["reason_id"]


async def test_a_region_that_is_held_stands_the_plan_still_when_nothing_else_is_left(
    therapist: AsyncClient, bea: dict[str, Any], plans: RecordedPlans
) -> None:
    plan_id = await active(therapist, bea)
    address = f"/api/v1/plans/{plan_id}/amend"
    beside = await therapist.post(address, json=other_regions("lumbar", "knee"))
    assert beside.json()["stage"] == "active"
    assert (
        Restriction(code="R-EXCL-REGION", region="knee", held=True)
        in plans.states[plan_id].protocol.restrictions
    )
    alone = await therapist.post(address, json=other_regions("knee"))
    assert alone.json()["stage"] == "suspended"
    approvals = (await therapist.get("/api/v1/approvals")).json()["approvals"]
    assert {one["kind"] for one in approvals if one["plan_id"] == plan_id} == {"clearance", "resume"}


@pytest.mark.parametrize(
    ("body", "field"),
    [
        (other_regions("lumbar", "tail"), "edit.target_regions"),
        (other_regions(), "edit.target_regions"),
        (other_regions("knee", reason=""), "reason"),
    ],
    ids=["a part that no body has", "nothing at all", "no reason"],
)
async def test_what_is_wrong_with_the_wish_is_named(
    therapist: AsyncClient, anna: dict[str, Any], plans: RecordedPlans, body: dict[str, Any], field: str
) -> None:
    plan_id = await active(therapist, anna)
    before = plans.states[plan_id]
    answered = await therapist.post(f"/api/v1/plans/{plan_id}/amend", json=body)
    assert answered.status_code == 422, answered.text
    assert field in {one["field"] for one in answered.json()["errors"]}
    assert plans.states[plan_id] == before


async def test_the_same_regions_and_the_front_desk_are_refused_with_why(
    therapist: AsyncClient, front_desk: AsyncClient, anna: dict[str, Any]
) -> None:
    plan_id = await active(therapist, anna)
    address = f"/api/v1/plans/{plan_id}/amend"
    same = await therapist.post(address, json=other_regions("hip", "lumbar"))
    assert (same.status_code, same.json()["code"]) == (409, "same_regions")
    theirs = await front_desk.post(address, json=other_regions("knee"))
    assert (theirs.status_code, theirs.json()["code"]) == (409, "not_a_clinician")
