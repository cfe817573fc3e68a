"""The plans that a demo's time moves: who they are about, and where their texts go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.tables import clients, intakes, plans


@dataclass(frozen=True, slots=True)
class PlayedPlan:
    """A plan whose people can be played: its client's mobile in E.164, and what they answered at the intake."""

    id: str
    mobile: str | None
    screening: Mapping[str, Any]


async def open_plans(engine: AsyncEngine, limit: int) -> tuple[PlayedPlan, ...]:
    """Plans that have begun and in which something can still happen, the newest first."""
    answers = (
        select(intakes.c.form["screening"])
        .where(intakes.c.plan_id == plans.c.id)
        .order_by(intakes.c.received_at.desc())
        .limit(1)
        .scalar_subquery()
    )
    query = (
        select(plans.c.id, clients.c.mobile, answers)
        .join(clients, clients.c.id == plans.c.client_id)
        .where(or_(plans.c.workflow_started_at.is_not(None), plans.c.seq > 0))
        .where(or_(plans.c.closed_at.is_(None), plans.c.next_at.is_not(None)))
        .order_by(plans.c.opened_at.desc())
        .limit(limit)
    )
    async with one_by_one(engine) as connection:
        return tuple(PlayedPlan(row[0], row[1], row[2] or {}) for row in await connection.execute(query))


async def plan_count(engine: AsyncEngine) -> int:
    """How many plans there are."""
    async with one_by_one(engine) as connection:
        return int(await connection.scalar(select(func.count()).select_from(plans)) or 0)
