"""In which zone the times of plans are told: that of each plan's site (F17)."""

from __future__ import annotations

from collections.abc import Iterable

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.tables import plans, sites


async def zones_of_plans(engine: AsyncEngine, plan_ids: Iterable[str]) -> dict[str, str]:
    """The zone by plan; plans that do not exist are left out."""
    wanted = sorted(set(plan_ids))
    query = select(plans.c.id, sites.c.zone).join(sites, sites.c.id == plans.c.site_id)
    async with one_by_one(engine) as connection:
        rows = await connection.execute(query.where(plans.c.id.in_(wanted)))
        return {row.id: row.zone for row in rows}
