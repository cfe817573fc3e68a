"""Leave: somebody is away, and a delegate gets what would wait for them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import bindparam, delete, func, insert, literal, select, text, update
from sqlalchemy.dialects.postgresql import TSTZRANGE, Range
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.errors import NotFoundError, RecordError
from database.staff_changes import note_change
from database.tables import absences, sessions, staff
from database.tables.columns import Moment
from schemas.names import new_id
from schemas.staff_changes import StaffChange


class DelegateAwayError(RecordError):
    """Whoever stands in must be there."""

    def __init__(self, name: str) -> None:
        super().__init__(f"{name} is away in that time too: choose somebody who is there")


class LeaveOverlapsError(RecordError):
    """One person has one delegate at a time."""

    def __init__(self) -> None:
        super().__init__("there is leave in that time already: end it first, then set the new one")


@dataclass(frozen=True, slots=True)
class Leave:
    """Somebody's leave, in [begins_at, ends_at). `sessions` are still booked with them in that time."""

    id: str
    staff_id: str
    name: str
    delegate_id: str
    delegate: str
    begins_at: datetime
    ends_at: datetime
    reason: str
    sessions: int


@dataclass(frozen=True, slots=True)
class StandIns:
    """Who acts for whom at one moment; `names` are those of the people who stand in."""

    by_owner: Mapping[str, str] = field(default_factory=dict)
    names: Mapping[str, str] = field(default_factory=dict)

    def acting(self, staff_id: str) -> str:
        """Who acts for this person: they themselves, or whoever stands in, also where that person is away too."""
        seen = {staff_id}
        now = staff_id
        while (following := self.by_owner.get(now)) is not None:
            if following in seen:
                return staff_id
            seen.add(following)
            now = following
        return now

    def whose(self, owner_id: str | None, reader_id: str) -> str:
        """Beside an owner's name, as the reader would say it: `you`, `you stand in`, who stands in, or nothing."""
        acting = self.acting(owner_id) if owner_id else None
        if acting == owner_id:
            return "you" if owner_id == reader_id else ""
        return "you stand in" if acting == reader_id else f"{self.names[acting or '']} stands in"


_STAND_IN = (
    select(absences.c.staff_id, absences.c.delegate_id, staff.c.name)
    .join(staff, staff.c.id == absences.c.delegate_id)
    .where(staff.c.active, absences.c.during.contains(bindparam("now", type_=Moment)))
)
"""Asked with every page: built once."""


async def stand_ins(engine: AsyncEngine, now: datetime) -> StandIns:
    """Who acts for whom at `now`. A delegate who has left the clinic stands in for nobody."""
    async with one_by_one(engine) as connection:
        rows = (await connection.execute(_STAND_IN, {"now": now})).all()
    return StandIns(
        {row.staff_id: row.delegate_id for row in rows}, {row.delegate_id: row.name for row in rows}
    )


_BOOKED = (
    select(func.count())
    .where(
        sessions.c.therapist_id == absences.c.staff_id,
        sessions.c.status.in_(("booked", "held")),
        sessions.c.during.op("&&")(absences.c.during),
    )
    .scalar_subquery()
)
_delegates = staff.alias("delegates")
_LEAVE = (
    select(
        absences.c.id,
        absences.c.staff_id,
        staff.c.name,
        absences.c.delegate_id,
        _delegates.c.name.label("delegate"),
        func.lower(absences.c.during).label("begins_at"),
        func.upper(absences.c.during).label("ends_at"),
        absences.c.reason,
        _BOOKED.label("sessions"),
    )
    .join(staff, staff.c.id == absences.c.staff_id)
    .join(_delegates, _delegates.c.id == absences.c.delegate_id)
    .order_by(func.lower(absences.c.during), absences.c.id)
)


async def leave_ahead(engine: AsyncEngine, now: datetime, staff_id: str | None = None) -> tuple[Leave, ...]:
    """Leave that has not ended, the first to begin first; of one person if asked."""
    query = _LEAVE.where(func.upper(absences.c.during) > now)
    if staff_id is not None:
        query = query.where(absences.c.staff_id == staff_id)
    async with one_by_one(engine) as connection:
        return tuple(Leave(**row._mapping) for row in await connection.execute(query))


_TAKE_TURNS = text("SELECT pg_advisory_xact_lock(hashtext('leave'))")


async def set_leave(
    engine: AsyncEngine,
    staff_id: str,
    delegate_id: str,
    begins_at: datetime,
    ends_at: datetime,
    *,
    reason: str,
    set_by: str,
    leave_id: str | None = None,
) -> str:
    """Somebody is away in [begins_at, ends_at) and has a delegate; returns the leave's id.

    The same `leave_id` again is the same leave. Raises DelegateAwayError, LeaveOverlapsError.
    """
    wanted = leave_id or new_id()
    during = Range(begins_at, ends_at)
    same_time = absences.c.during.op("&&")(literal(during, TSTZRANGE))
    async with engine.begin() as connection:
        await connection.execute(_TAKE_TURNS)
        if (await connection.execute(select(absences.c.id).where(absences.c.id == wanted))).first():
            return wanted
        away = select(staff.c.name).join(absences, absences.c.staff_id == staff.c.id).where(same_time)
        taken = away.where(absences.c.staff_id == staff_id, absences.c.delegate_id.is_not(None))
        if (await connection.execute(taken)).first():
            raise LeaveOverlapsError
        name = await connection.scalar(away.where(absences.c.staff_id == delegate_id).limit(1))
        if name is not None:
            raise DelegateAwayError(name)
        await connection.execute(
            insert(absences).values(
                id=wanted,
                staff_id=staff_id,
                delegate_id=delegate_id,
                during=during,
                reason=reason,
                set_by=set_by,
            )
        )
        facts = {"delegate": delegate_id, "begins_at": begins_at.isoformat(), "ends_at": ends_at.isoformat()}
        await note_change(connection, StaffChange.leave_set, staff_id, set_by, **facts)
    return wanted


async def end_leave(engine: AsyncEngine, leave_id: str, now: datetime, *, by: str) -> None:
    """Somebody is back early, or does not go: what waits is theirs again. Raises NotFoundError."""
    columns = absences.c
    open_leave = (
        (columns.id == leave_id) & columns.delegate_id.is_not(None) & (func.upper(columns.during) > now)
    )
    async with engine.begin() as connection:
        begun = (
            update(absences)
            .where(open_leave, func.lower(columns.during) < now)
            .values(during=func.tstzrange(func.lower(columns.during), now))
            .returning(columns.staff_id)
        )
        ahead = delete(absences).where(open_leave).returning(columns.staff_id)
        whose = await connection.scalar(begun) or await connection.scalar(ahead)
        if whose is None:
            raise NotFoundError("leave", leave_id)
        await note_change(connection, StaffChange.leave_ended, whose, by)
