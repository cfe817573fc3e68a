"""The clinic's clock: wall times in the site's zone, staffed minutes, quiet hours.

A wall time stays what it is across clock changes (F16): it is kept as zone and local time and turned
into an instant at the last moment. A local time that a clock change skips moves forward by the gap.

Agendas ask for the same instants again and again: the conversions are remembered.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from care.same_again import same_again
from schemas.protocol import SiteHours

_LONGEST_CLOSURE_DAYS = 400
_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_REMEMBERED = 8192
_DAYS_REMEMBERED = 512


@lru_cache(maxsize=256)
def zone(name: str) -> ZoneInfo:
    """The IANA zone of a site; ZoneInfoNotFoundError for an unknown name."""
    return ZoneInfo(name)


@lru_cache(maxsize=_REMEMBERED)
def instant(zone_name: str, day: date, at: time) -> datetime:
    """The UTC instant of a wall time."""
    return datetime.combine(day, at, tzinfo=zone(zone_name)).astimezone(UTC)


def local(zone_name: str, moment: datetime) -> datetime:
    """The wall time of an instant."""
    return moment.astimezone(zone(zone_name))


def local_day(hours: SiteHours, moment: datetime) -> date:
    """The site's calendar day of an instant."""
    return calendar_day(hours.zone, moment)


@lru_cache(maxsize=_REMEMBERED)
def calendar_day(zone_name: str, moment: datetime) -> date:
    """`local_day` by the one thing of a site's hours that it depends on."""
    return local(zone_name, moment).date()


def days_later(hours: SiteHours, moment: datetime, days: int) -> datetime:
    """The same wall time so many days later; 09:00 stays 09:00 (F16)."""
    return wall_time_days_later(hours.zone, moment, days)


@lru_cache(maxsize=_REMEMBERED)
def wall_time_days_later(zone_name: str, moment: datetime, days: int) -> datetime:
    """`days_later` by the one thing of a site's hours that it depends on."""
    here = local(zone_name, moment)
    return instant(zone_name, here.date() + timedelta(days=days), here.time())


@same_again
def _opening_times(hours: SiteHours) -> Callable[[date], tuple[tuple[datetime, datetime], ...]]:
    """The opening times of any day as instants."""
    zone_name, closed_on = hours.zone, hours.closed_on
    week = [[(s.opens, s.closes) for s in hours.spans if s.weekday == day] for day in range(7)]

    @lru_cache(maxsize=_DAYS_REMEMBERED)
    def open_on(day: date) -> tuple[tuple[datetime, datetime], ...]:
        spans = () if day in closed_on else week[day.weekday()]
        return tuple(
            (instant(zone_name, day, opens), instant(zone_name, day, closes)) for opens, closes in spans
        )

    return open_on


def after_staffed(hours: SiteHours, start: datetime, minutes: int) -> datetime:
    """The instant when so many staffed minutes have passed since `start`.

    With no opening hours at all every minute counts, so that a deadline never vanishes.
    """
    wanted = left = minutes * _MINUTE
    open_on = _opening_times(hours)
    day = start.astimezone(UTC).date() - _DAY  # no site is further behind
    for _ in range(_LONGEST_CLOSURE_DAYS):
        for opens, closes in open_on(day):
            if closes > start:
                begin = opens if opens > start else start
                staffed = closes - begin
                if left <= staffed:
                    return begin + left
                left -= staffed
        day += _DAY
    return start + wanted


def next_opening(hours: SiteHours, moment: datetime) -> datetime:
    """The same instant while somebody is at the site, or when it opens next."""
    return after_staffed(hours, moment, 0)


def end_of_working_day(hours: SiteHours, moment: datetime, days: int) -> datetime | None:
    """When the site closes so many working days after the day of this instant; None if it does not open again."""
    open_on, day, left = _opening_times(hours), local_day(hours, moment), days
    for _ in range(_LONGEST_CLOSURE_DAYS):
        day += _DAY
        times = open_on(day)
        left -= bool(times)
        if not left:
            return max(closes for _, closes in times)
    return None


def closing_today(hours: SiteHours, moment: datetime) -> datetime | None:
    """When the site closes for the last time on this day; None if it has closed, or does not open."""
    today = _opening_times(hours)(local_day(hours, moment))
    return max((closes for _, closes in today if closes > moment), default=None)


def is_quiet(hours: SiteHours, moment: datetime) -> bool:
    """Whether routine texts must wait at this instant (`sms_checkins.quiet_hours`)."""
    return _quiet_at(hours.quiet_start, hours.quiet_end, local(hours.zone, moment).time())


def _quiet_at(start: time, end: time, at: time) -> bool:
    """Whether a wall time lies in the quiet hours, which may run through midnight."""
    return start <= at < end if start <= end else at >= start or at < end


def out_of_quiet(hours: SiteHours, moment: datetime) -> datetime:
    """The same instant, or the end of the quiet hours that it lies in (F13)."""
    return moved_out_of_quiet(hours.zone, hours.quiet_start, hours.quiet_end, moment)


@lru_cache(maxsize=_REMEMBERED)
def moved_out_of_quiet(zone_name: str, start: time, end: time, moment: datetime) -> datetime:
    """`out_of_quiet` by the three things of a site's hours that it depends on."""
    here = local(zone_name, moment)
    at, day = here.time(), here.date()
    if not _quiet_at(start, end, at):
        return moment
    return instant(zone_name, day if at < end else day + timedelta(days=1), end)
