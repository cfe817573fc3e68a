"""Today: sessions by therapist, by room or over a week, in the site's time."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from itertools import groupby
from typing import Annotated, Any, Final
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.console.desk import Desk, TheDesk
from database.calendar import Booking, bookings
from schemas.plan import SessionStatus

router = APIRouter(prefix="/today")


class By(StrEnum):
    """How a calendar is read."""

    therapist = "therapist"
    room = "room"
    week = "week"


_WEEK: Final = timedelta(days=7)


@router.get("")
async def show(
    at: TheDesk,
    day: Annotated[date | None, Query()] = None,
    by: By = By.therapist,
) -> Response:
    """One day, one's own sessions first, or room by room; or the week that the day is in, of everybody."""
    shown = day or at.clock.today
    first = shown - timedelta(days=shown.weekday()) if by is By.week else shown
    last = first + (_WEEK if by is By.week else timedelta(days=1))
    zone = ZoneInfo(at.site.zone)
    found = await bookings(
        at.clinic.engine,
        at.site.id,
        datetime.combine(first, time(), zone),
        datetime.combine(last, time(), zone),
    )
    step = last - first
    return at.page(
        "today",
        "today.html",
        day=shown,
        first=first,
        by=by,
        ways=list(By),
        groups=_groups(at, found, by, first),
        total=len(found),
        open_outcomes=sum(one.status is SessionStatus.booked and one.ends_at < at.clock.now for one in found),
        before=shown - step,
        after=shown + step,
    )


def _groups(at: Desk, found: Iterable[Booking], by: By, first: date) -> list[dict[str, Any]]:
    """The sessions under their headings; a week names each of its days, also one on which nothing is booked."""
    if by is By.week:
        days = [first + timedelta(days=number) for number in range(_WEEK.days)]
        on = {day: [one for one in found if at.clock.local(one.starts_at).date() == day] for day in days}
        return [
            {"name": at.clock.date(day), "mine": day == at.clock.today, "sessions": there}
            for day, there in on.items()
            if there or day.weekday() < 5
        ]
    key = _BY[by]
    ordered = sorted(found, key=lambda one: (not _mine(at, one, by), *key(one), one.starts_at))
    return [
        {"name": name, "mine": by is By.therapist and who == at.member.id, "sessions": list(sessions)}
        for (name, who), sessions in groupby(ordered, key=key)
    ]


_BY: Final[dict[By, Callable[[Booking], tuple[str, str]]]] = {
    By.therapist: lambda one: (one.therapist, one.therapist_id),
    By.room: lambda one: (one.room, one.room_id),
}


def _mine(at: Desk, one: Booking, by: By) -> bool:
    return by is By.therapist and one.therapist_id == at.member.id
