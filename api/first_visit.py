"""Where a plan's first visit could be: the client's own time, with the therapist asked for or the best fit."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from http import HTTPStatus
from zoneinfo import ZoneInfo

from sqlalchemy.ext.asyncio import AsyncEngine

from api.intake_checks import House
from api.problems import Problem
from care.booking import LEAD
from database.calendar import FreeSlot, propose_first
from database.sites import Site
from schemas.intake import IntakeForm, PreferredTime


@dataclass(frozen=True)
class FirstVisit:
    """The site, and the slot that is proposed there. It is not claimed before the therapist approves."""

    site: Site
    slot: FreeSlot


async def propose(engine: AsyncEngine, house: House, form: IntakeForm, minutes: int) -> FirstVisit:
    """The nearest slot to what the client prefers; Problem 409 if no therapist has any time at all."""
    site = next(one for one in house.sites if form.site in (None, one.id))
    preferred, wanted = form.preferred, form.preferred.time
    asked = [one.id for one in house.therapists if site.id in one.roles and form.therapist in (None, one.id)]
    slots = [
        await propose_first(
            engine,
            site.id,
            therapist,
            minutes=minutes,
            not_before=_not_before(site, preferred, house.now),
            weekdays=() if preferred.weekday is None else (preferred.weekday.number,),
            at=wanted,
        )
        for therapist in asked
    ]
    free = [slot for slot in slots if slot is not None]
    if not free:
        raise Problem(
            HTTPStatus.CONFLICT,
            "no_free_time",
            "No physiotherapist asked for is free within eight weeks. Choose another one, or a later day.",
        )

    def distance(slot: FreeSlot) -> tuple[date, int, datetime]:
        here = slot.starts_at.astimezone(ZoneInfo(site.zone))
        return here.date(), _minutes_apart(here.time(), wanted) if wanted else 0, slot.starts_at

    return FirstVisit(site, min(free, key=distance))


def _not_before(site: Site, preferred: PreferredTime, now: datetime) -> datetime:
    earliest = now + LEAD
    if preferred.from_date is None:
        return earliest
    day = datetime.combine(preferred.from_date, time(), tzinfo=ZoneInfo(site.zone)).astimezone(UTC)
    return max(earliest, day)


def _minutes_apart(one: time, other: time) -> int:
    return abs((one.hour - other.hour) * 60 + one.minute - other.minute)
