"""A plan's visits as the record has them: when, with whom, what each measured, and what was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.tables import notes, rooms, sessions
from schemas.plan import SessionStatus
from schemas.taper import Step


@dataclass(frozen=True, slots=True)
class RecordedSession:
    """One visit. Scores are there once it was attended; `note` is what was written about it."""

    no: int
    status: SessionStatus
    step: Step
    starts_at: datetime
    ends_at: datetime
    revision: int
    confirmed: bool
    therapist_id: str
    room: str
    pain: float | None
    stiffness: float | None
    primary: float | None
    techniques: list[str]
    note: str | None
    recorded_by: str | None
    recorded_at: datetime | None


_OF_PLAN = (
    select(
        sessions.c.no,
        sessions.c.status,
        sessions.c.step,
        func.lower(sessions.c.during).label("starts_at"),
        func.upper(sessions.c.during).label("ends_at"),
        sessions.c.revision,
        sessions.c.confirmed,
        sessions.c.therapist_id,
        rooms.c.name.label("room"),
        sessions.c.pain,
        sessions.c.stiffness,
        sessions.c.primary_value.label("primary"),
        sessions.c.techniques,
        notes.c.body.label("note"),
        sessions.c.recorded_by,
        sessions.c.recorded_at,
    )
    .join(rooms, rooms.c.id == sessions.c.room_id)
    .outerjoin(notes, notes.c.id == sessions.c.note_id)
    .where(sessions.c.plan_id == bindparam("plan"))
    .order_by(sessions.c.no)
)


async def sessions_of_plan(engine: AsyncEngine, plan_id: str) -> tuple[RecordedSession, ...]:
    """Every visit of a plan, the first one first."""
    async with one_by_one(engine) as connection:
        rows = await connection.execute(_OF_PLAN, {"plan": plan_id})
        return tuple(RecordedSession(**row._mapping) for row in rows)
