"""Views of the list of plans that members of staff keep, each under a name of their own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.tables import saved_views
from schemas.names import new_id

MOST: Final = 20
"""How many views one person may keep: more than fit above a list are no help."""


@dataclass(frozen=True, slots=True)
class SavedView:
    """A view: its name and the filters as they stand in the address."""

    id: str
    name: str
    query: str


async def views_of(engine: AsyncEngine, staff_id: str) -> tuple[SavedView, ...]:
    """A person's views by name."""
    columns = saved_views.c
    query = select(columns.id, columns.name, columns.query).where(columns.staff_id == staff_id)
    async with one_by_one(engine) as connection:
        rows = await connection.execute(query.order_by(func.lower(columns.name)))
        return tuple(SavedView(*row) for row in rows)


async def keep_view(engine: AsyncEngine, staff_id: str, name: str, query: str, *, at: datetime) -> bool:
    """Keep a view; the same name again stands for the new filters. False if the person keeps `MOST` already."""
    new = insert(saved_views).values(id=new_id(), staff_id=staff_id, name=name, query=query, created_at=at)
    columns = saved_views.c
    others = select(func.count()).where(columns.staff_id == staff_id, columns.name != name)
    async with engine.begin() as connection:
        if (await connection.scalar(others) or 0) >= MOST:
            return False
        await connection.execute(
            new.on_conflict_do_update(
                index_elements=[columns.staff_id, columns.name], set_={"query": new.excluded.query}
            )
        )
    return True


async def drop_view(engine: AsyncEngine, staff_id: str, view_id: str) -> None:
    """Drop one's own view; somebody else's, and one that is gone, stay as they are."""
    columns = saved_views.c
    async with engine.begin() as connection:
        await connection.execute(
            delete(saved_views).where(columns.id == view_id, columns.staff_id == staff_id)
        )
