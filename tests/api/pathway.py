"""Steps along the care pathway, taken over HTTP as staff take them."""

from __future__ import annotations

from typing import Any

from httpx2 import AsyncClient, Response
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

NOTHING_NEW = {"DAY-01": False, "DAY-02": False, "DAY-03": False, "DAY-05": True}
"""The day's questions as a client answers them who is well; the pain is the outcome's own."""


async def opened(client: AsyncClient, form: dict[str, Any]) -> str:
    """The id of the plan that a form opens."""
    answered = await client.post("/api/v1/intakes", json=form)
    assert answered.status_code == 201, answered.text
    return str(answered.json()["plan_id"])


async def read(client: AsyncClient, plan_id: str, part: str = "") -> dict[str, Any]:
    """A plan, or a part of it."""
    answered = await client.get(f"/api/v1/plans/{plan_id}{part}")
    assert answered.status_code == 200, answered.text
    whole: dict[str, Any] = answered.json()
    return whole


async def waiting(client: AsyncClient, plan_id: str, kind: str = "start") -> str:
    """The id of the decision that waits."""
    answered = await client.get("/api/v1/approvals")
    found = answered.json()["approvals"]
    return str(next(one["id"] for one in found if one["plan_id"] == plan_id and one["kind"] == kind))


async def active(therapist: AsyncClient, form: dict[str, Any]) -> str:
    """The id of a plan whose start the therapist has approved."""
    plan_id = await opened(therapist, form)
    approval = await waiting(therapist, plan_id)
    answered = await therapist.post(f"/api/v1/approvals/{approval}/decision", json={"decision": "approve"})
    assert answered.status_code == 200, answered.text
    return plan_id


def refused(answered: Response, code: str, status: int = 409) -> dict[str, Any]:
    """The problem document of a refusal."""
    problem: dict[str, Any] = answered.json()
    assert (answered.status_code, problem["code"]) == (status, code), answered.text
    assert answered.headers["content-type"] == "application/problem+json"
    assert problem["detail"]
    return problem


async def notes(engine: AsyncEngine) -> list[str]:
    """Everything that staff wrote, in order."""
    async with engine.connect() as connection:
        return list((await connection.scalars(text("SELECT body FROM notes ORDER BY at, id"))).all())
