"""Who changed what about whose account: written with the change itself, never altered."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import insert, select
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.tables import staff_changes
from schemas.staff_changes import StaffChange

COMMAND_LINE: Final = "command line"
"""Who changed it where nobody was logged in: whoever may run commands on the clinic's machine."""


@dataclass(frozen=True, slots=True)
class StaffChanged:
    """One change. `staff_id` is whose account it is, None for an export; `changed_by` a member of staff or the
    command line."""

    id: int
    at: datetime
    kind: StaffChange
    staff_id: str | None
    changed_by: str
    facts: dict[str, Any]


async def note_change(
    connection: AsyncConnection, kind: StaffChange, staff_id: str | None, changed_by: str, **facts: Any
) -> None:
    """Write a change down in the transaction that makes it."""
    await connection.execute(
        insert(staff_changes).values(kind=kind, staff_id=staff_id, changed_by=changed_by, facts=facts)
    )


async def changes(
    engine: AsyncEngine, *, staff_id: str | None = None, before: int | None = None, limit: int = 50
) -> tuple[StaffChanged, ...]:
    """The last changes, newest first; of one person's account, or those before another, if asked."""
    columns = staff_changes.c
    query = select(*(columns[name] for name in StaffChanged.__dataclass_fields__))
    if staff_id is not None:
        query = query.where(columns.staff_id == staff_id)
    if before is not None:
        query = query.where(columns.id < before)
    async with engine.connect() as connection:
        rows = await connection.execute(query.order_by(columns.id.desc()).limit(limit))
        return tuple(StaffChanged(**row._mapping) for row in rows)
