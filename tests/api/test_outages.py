"""After downtime there is a receipt: what was sent late, merged, not sent, and whom to ring (F02)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from httpx2 import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.outages import note_awake
from tests.api.conftest import NOW
from tests.api.pathway import active

PATIENCE = timedelta(minutes=3)


async def _texts(engine: AsyncEngine, plan_id: str, *fates: tuple[str, str, str | None]) -> None:
    due = NOW + timedelta(hours=1)
    async with engine.begin() as connection:
        for purpose, status, reason in fates:
            await connection.execute(
                text(
                    "INSERT INTO messages (key, plan_id, audience, recipient_id, purpose, template, rule,"
                    " order_json, status, reason, ordered_at, expires_at, queued_at, prompt)"
                    " VALUES (:key, :plan, 'client', 'c', :purpose, 't', 'r',"
                    " jsonb_build_object('due_at', CAST(:due AS text)), :status, :reason, :late, :late, :late, true)"
                ),
                {
                    "key": f"{purpose}-{status}-{reason}",
                    "plan": plan_id,
                    "purpose": purpose,
                    "status": status,
                    "reason": reason,
                    "due": due.isoformat(),
                    "late": due + timedelta(hours=4),
                },
            )


async def test_f02_an_outage_lists_what_it_held_up(
    therapist: AsyncClient, anna: dict[str, Any], engine: AsyncEngine
) -> None:
    plan_id = await active(therapist, anna)
    assert await note_awake(engine, NOW, PATIENCE) is None
    await _texts(
        engine,
        plan_id,
        ("question", "delivered", None),
        ("question", "suppressed", "merged"),
        ("question", "expired", "expired"),
        ("reminder", "expired", "visit_has_begun"),
        ("notice", "unknown", "never_found"),
    )
    assert await note_awake(engine, NOW + timedelta(hours=4), PATIENCE) is not None
    (outage,) = (await therapist.get("/api/v1/outages")).json()["outages"]
    answered = await therapist.get("/api/v1/outages/" + outage["id"])
    assert answered.status_code == 200, answered.text
    receipt = answered.json()
    assert receipt["counts"] == {
        "sent_late": 1,
        "merged": 1,
        "not_sent": 1,
        "needs_a_call": 2,
        "waiting": 0,
    }
    assert all(one["client"] for one in receipt["texts"])


async def test_workers_that_take_turns_are_no_outage(engine: AsyncEngine) -> None:
    for minutes in range(10):
        assert await note_awake(engine, NOW + timedelta(minutes=minutes), PATIENCE) is None


async def test_an_outage_that_nobody_knows_is_not_found(therapist: AsyncClient) -> None:
    assert (await therapist.get("/api/v1/outages/nothing")).status_code == 404
