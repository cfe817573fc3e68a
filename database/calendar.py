"""The calendar: diaries from the database, free times, and where a first session could be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from itertools import takewhile

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.diary import Diary, Shift, Span
from database.engine import one_by_one
from database.errors import NotFoundError
from database.local_time import local
from database.tables import availability, sites
from schemas.plan import SessionStatus

HORIZON = timedelta(days=56)
"""How far ahead a first session is looked for."""


@dataclass(frozen=True, slots=True)
class FreeSlot:
    """A time at which a therapist and a room are both free."""

    starts_at: datetime
    ends_at: datetime
    therapist_id: str
    room_id: str


@dataclass(frozen=True, slots=True)
class Booking:
    """A session as the calendar shows it."""

    plan_id: str
    session_no: int
    status: SessionStatus
    confirmed: bool
    therapist_id: str
    therapist: str
    room_id: str
    room: str
    starts_at: datetime
    ends_at: datetime
    client_id: str
    client: str


async def free_slots(
    engine: AsyncEngine, site_id: str, therapist_id: str, *, start: datetime, end: datetime, minutes: int
) -> tuple[FreeSlot, ...]:
    """Every free start of the therapist in [start, end), in order; NotFoundError for an unknown site."""
    within = Span(start, end)
    async with one_by_one(engine) as connection:
        diaries = await load_diaries(connection, site_id, {therapist_id}, within)
    length = timedelta(minutes=minutes)
    return tuple(
        FreeSlot(at, at + length, therapist_id, room)
        for at, room in diaries[therapist_id].free(within, minutes)
    )


async def propose_first(
    engine: AsyncEngine,
    site_id: str,
    therapist_id: str,
    *,
    minutes: int,
    not_before: datetime,
    weekdays: Collection[int] = (),
    at: time | None = None,
) -> FreeSlot | None:
    """The first day with a free time on a wanted weekday (0 is Monday), and there the time nearest to `at`.

    Any weekday will do if the wanted ones have nothing within eight weeks. None if nothing is free at all.
    """
    slots = await free_slots(
        engine, site_id, therapist_id, start=not_before, end=not_before + HORIZON, minutes=minutes
    )
    async with one_by_one(engine) as connection:
        zone = (await connection.execute(select(sites.c.zone).where(sites.c.id == site_id))).scalar_one()

    def day(slot: FreeSlot) -> datetime:
        return local(zone, slot.starts_at)

    wanted = [slot for slot in slots if not weekdays or day(slot).weekday() in weekdays] or list(slots)
    if not wanted:
        return None
    first_day = list(takewhile(lambda slot: day(slot).date() == day(wanted[0]).date(), wanted))
    return min(first_day, key=lambda slot: _minutes_apart(day(slot).time(), at)) if at else first_day[0]


def _minutes_apart(one: time, other: time) -> int:
    return abs((one.hour - other.hour) * 60 + one.minute - other.minute)


_BOOKINGS = text(
    """
    SELECT s.plan_id, s.no AS session_no, s.status, s.confirmed, s.therapist_id, staff.name AS therapist,
           s.room_id, rooms.name AS room, lower(s.during) AS starts_at, upper(s.during) AS ends_at,
           clients.id AS client_id, clients.given_name || ' ' || clients.family_name AS client
      FROM sessions s
      JOIN plans ON plans.id = s.plan_id
      JOIN clients ON clients.id = plans.client_id
      JOIN staff ON staff.id = s.therapist_id
      JOIN rooms ON rooms.id = s.room_id
     WHERE plans.site_id = :site AND s.during && tstzrange(:start, :end) AND s.status <> 'cancelled'
       AND (CAST(:therapist AS text) IS NULL OR s.therapist_id = :therapist)
     ORDER BY lower(s.during), staff.name
    """
)


async def bookings(
    engine: AsyncEngine, site_id: str, start: datetime, end: datetime, therapist_id: str | None = None
) -> tuple[Booking, ...]:
    """The sessions that touch [start, end), cancelled ones left out, for the calendar view."""
    parameters = {"site": site_id, "start": start, "end": end, "therapist": therapist_id}
    async with one_by_one(engine) as connection:
        rows = (await connection.execute(_BOOKINGS, parameters)).mappings().all()
    return tuple(Booking(**{**row, "status": SessionStatus(row["status"])}) for row in rows)


_TAKEN = text(
    """
    SELECT 'away' AS why, staff_id AS who, during FROM absences
     WHERE staff_id = ANY (:therapists) AND during && tstzrange(:start, :end)
    UNION ALL
    SELECT 'therapist', therapist_id, during FROM sessions
     WHERE therapist_id = ANY (:therapists) AND during && tstzrange(:start, :end)
       AND status IN ('booked', 'held') AND plan_id IS DISTINCT FROM :except_plan
    UNION ALL
    SELECT 'room', room_id, during FROM sessions
     WHERE room_id = ANY (:rooms) AND during && tstzrange(:start, :end)
       AND status IN ('booked', 'held') AND plan_id IS DISTINCT FROM :except_plan
    """
)


async def load_diaries(
    connection: AsyncConnection,
    site_id: str,
    therapists: Collection[str],
    within: Span,
    *,
    rooms: Collection[str] = (),
    except_plan: str | None = None,
) -> dict[str, Diary]:
    """The diary of each therapist around `within`, without the sessions of `except_plan`.

    `rooms` are looked at besides those of the therapists' own shifts. NotFoundError for an unknown site.
    """
    hours = (
        await connection.execute(select(sites.c.hours).where(sites.c.id == site_id))
    ).scalar_one_or_none()
    if hours is None:
        raise NotFoundError("site", site_id)
    shifts: dict[str, list[Shift]] = defaultdict(list)
    columns = availability.c
    for row in await connection.execute(
        select(columns.staff_id, columns.weekday, columns.starts, columns.ends, columns.room_id).where(
            columns.site_id == site_id, columns.staff_id.in_(sorted(therapists))
        )
    ):
        shifts[row.staff_id].append(Shift(row.weekday, row.starts, row.ends, row.room_id))
    taken = await _taken(
        connection,
        {
            "therapists": list(therapists),
            "rooms": sorted({*rooms, *(shift.room_id for own in shifts.values() for shift in own)}),
            "start": within.start,
            "end": within.end,
            "except_plan": except_plan,
        },
    )
    room_busy = tuple((who, span) for why, who, span in taken if why == "room")
    return {
        therapist: Diary(
            hours=hours,
            shifts=tuple(shifts[therapist]),
            away=tuple(span for why, who, span in taken if why == "away" and who == therapist),
            therapist_busy=tuple(span for why, who, span in taken if why == "therapist" and who == therapist),
            room_busy=room_busy,
        )
        for therapist in therapists
    }


async def _taken(
    connection: AsyncConnection, parameters: dict[str, object]
) -> Sequence[tuple[str, str, Span]]:
    rows = await connection.execute(_TAKEN, parameters)
    return [(row.why, row.who, Span(row.during.lower, row.during.upper)) for row in rows]
