"""Today: sessions by therapist and room, in the site's time."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.console.desk import TheDesk
from database.calendar import bookings
from schemas.plan import SessionStatus

router = APIRouter(prefix="/today")


@router.get("")
async def show(at: TheDesk, day: Annotated[date | None, Query()] = None) -> Response:
    """One day; one's own sessions first."""
    zone = ZoneInfo(at.site.zone)
    shown = day or at.clock.today
    start = datetime.combine(shown, time(), zone)
    found = await bookings(
        at.clinic.engine, at.site.id, start, datetime.combine(shown + timedelta(days=1), time(), zone)
    )
    by_person = sorted(
        found, key=lambda one: (one.therapist_id != at.member.id, one.therapist, one.starts_at)
    )
    people = [
        {"id": person[0], "name": person[1], "sessions": list(sessions)}
        for person, sessions in groupby(by_person, key=lambda one: (one.therapist_id, one.therapist))
    ]
    return at.page(
        "today",
        "today.html",
        day=shown,
        people=people,
        total=len(found),
        open_outcomes=sum(one.status is SessionStatus.booked and one.ends_at < at.clock.now for one in found),
        before=shown - timedelta(days=1),
        after=shown + timedelta(days=1),
    )
