"""The same intake sent twice opens one plan, and survives an engine that is away."""

from __future__ import annotations

import asyncio
from typing import Any

from httpx2 import AsyncClient

from tests.api.forms import with_field
from tests.api.recorded_plans import RecordedPlans

KEY = {"Idempotency-Key": "front-desk-17"}


async def test_the_same_form_twice_is_one_plan_and_one_answer(
    service: AsyncClient, anna: dict[str, Any], plans: RecordedPlans
) -> None:
    first = await service.post("/api/v1/intakes", json=anna, headers=KEY)
    again = await service.post("/api/v1/intakes", json=anna, headers=KEY)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.json() == first.json()
    assert len(plans.states) == 1


async def test_ten_at_once_are_one_plan(
    service: AsyncClient, anna: dict[str, Any], plans: RecordedPlans
) -> None:
    answers = await asyncio.gather(
        *(service.post("/api/v1/intakes", json=anna, headers=KEY) for _ in range(10))
    )
    assert {one.status_code for one in answers} == {201}
    assert len({one.json()["plan_id"] for one in answers}) == 1
    assert len(plans.states) == 1


async def test_the_same_key_with_another_form_is_refused(service: AsyncClient, anna: dict[str, Any]) -> None:
    await service.post("/api/v1/intakes", json=anna, headers=KEY)
    other = await service.post("/api/v1/intakes", json=with_field(anna, "pain", 5), headers=KEY)
    assert other.status_code == 409
    assert other.json()["code"] == "key_reused"


async def test_an_intake_is_taken_while_the_engine_is_away(
    service: AsyncClient, anna: dict[str, Any], plans: RecordedPlans
) -> None:
    plans.away = True
    answered = await service.post("/api/v1/intakes", json=anna)
    assert answered.status_code == 201
    assert answered.headers["Location"] == f"/api/v1/plans/{answered.json()['plan_id']}"
