"""Who looked at a client's name and number: an event in the plan's own chain, which nobody can take out."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from database.chain import append, hold_chain
from schemas.events import EventKind, PlanEvent


async def note_revealed(engine: AsyncEngine, plan_id: str, staff_id: str, now: datetime) -> None:
    """A member of staff is shown who the client is; raises NotFoundError for an unknown plan."""
    async with engine.begin() as connection:
        held = await hold_chain(connection, plan_id)
        await append(connection, held, PlanEvent(kind=EventKind.client_revealed, at=now, actor=staff_id))
