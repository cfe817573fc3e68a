"""Who took what out of the record: noted before anything leaves, where it cannot be taken back.

A client's record is noted in the chain of its plan; the story of all plans beside the changes of accounts.
"""

from __future__ import annotations

from datetime import date, datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from database.chain import append, hold_chain
from database.staff_changes import note_change
from schemas.events import EventKind, PlanEvent
from schemas.staff_changes import StaffChange


async def note_record_exported(engine: AsyncEngine, plan_id: str, by: str, now: datetime) -> None:
    """Somebody takes a plan's whole record out; raises NotFoundError for an unknown plan."""
    async with engine.begin() as connection:
        held = await hold_chain(connection, plan_id)
        await append(connection, held, PlanEvent(kind=EventKind.record_exported, at=now, actor=by))


async def note_events_exported(engine: AsyncEngine, by: str, since: date | None) -> None:
    """Somebody takes every event out, those since a day or all."""
    async with engine.begin() as connection:
        await note_change(
            connection, StaffChange.events_exported, None, by, since=since.isoformat() if since else None
        )
