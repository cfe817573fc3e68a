"""What people write: reasons, session notes, what was done about an alert. States refer to them by id."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, delete, insert, select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.tables import notes, staff
from schemas.names import new_id


@dataclass(frozen=True, slots=True)
class Note:
    """A note with its author's name."""

    id: str
    plan_id: str
    author_id: str
    author: str
    kind: str
    body: str
    at: datetime


async def write_note(
    engine: AsyncEngine, plan_id: str, author_id: str, kind: str, body: str, *, at: datetime
) -> str:
    """Keep a note and return its id. Written before the command that refers to it."""
    note_id = new_id()
    row = {"id": note_id, "plan_id": plan_id, "author_id": author_id, "kind": kind, "body": body, "at": at}
    async with engine.begin() as connection:
        await connection.execute(insert(notes), row)
    return note_id


async def discard_note(engine: AsyncEngine, note_id: str) -> None:
    """Take out a note whose command was refused. One that something refers to stays: the database says so."""
    async with engine.begin() as connection:
        await connection.execute(delete(notes).where(notes.c.id == note_id))


_OF_PLAN = (
    select(
        notes.c.id,
        notes.c.plan_id,
        notes.c.author_id,
        staff.c.name.label("author"),
        notes.c.kind,
        notes.c.body,
        notes.c.at,
    )
    .join(staff, staff.c.id == notes.c.author_id)
    .where(notes.c.plan_id == bindparam("plan"))
    .order_by(notes.c.at.desc(), notes.c.id.desc())
)


async def notes_of_plan(engine: AsyncEngine, plan_id: str) -> tuple[Note, ...]:
    """Every note of a plan, newest first."""
    async with one_by_one(engine) as connection:
        return tuple(Note(**row._mapping) for row in await connection.execute(_OF_PLAN, {"plan": plan_id}))
