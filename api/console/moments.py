"""Instants as people at a site say them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from typing import Final
from zoneinfo import ZoneInfo

_DAYS: Final = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
"""A page says hundreds of dates, and in English whatever the machine's language is."""
_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)
_NEAR: Final = {-1: "yesterday", 0: "today", 1: "tomorrow"}


def span(length: timedelta) -> str:
    """A length in its largest useful unit: `9 min`, `3 h`, `2 days`."""
    for unit, least, one, many in (
        (_DAY, 2 * _DAY, "day", "days"),
        (_HOUR, 2 * _HOUR, "h", "h"),
        (_MINUTE, _MINUTE, "min", "min"),
    ):
        if length >= least:
            count = int(length / unit)
            return f"{count} {one if count == 1 else many}"
    return "a moment"


@dataclass(frozen=True)
class SiteClock:
    """A site's wall clock at one moment, and how it names others."""

    zone: str
    now: datetime

    def local(self, moment: datetime) -> datetime:
        """The moment as the site's clock showed it, or will."""
        return moment.astimezone(self._zone)

    @cached_property
    def _zone(self) -> ZoneInfo:
        return ZoneInfo(self.zone)

    @cached_property
    def today(self) -> date:
        """The site's date."""
        return self.local(self.now).date()

    def time(self, moment: datetime) -> str:
        """`09:05`."""
        return _time(self.local(moment))

    def day(self, moment: datetime) -> str:
        """`today`, `tomorrow`, `yesterday`, `Tue 14 Apr`, and the year if it is another."""
        return _day(self.local(moment).date(), self.today)

    def at(self, moment: datetime) -> str:
        """Day and time: `tomorrow 10:00`."""
        there = self.local(moment)
        return f"{_day(there.date(), self.today)} {_time(there)}"

    def exact(self, moment: datetime) -> str:
        """Day, date, year and time, for places where nothing may be left to guess."""
        there = self.local(moment)
        return f"{_date(there)} {there.year}, {_time(there)}"

    def date(self, day: date) -> str:
        """`Tue 14 Apr 2026`."""
        return f"{_date(day)} {day.year}"

    def left(self, moment: datetime) -> str:
        """How long until then, or since: `9 min left`, `2 h late`."""
        apart = moment - self.now
        return f"{span(apart)} left" if apart > timedelta() else f"{span(-apart)} late"

    def ago(self, moment: datetime) -> str:
        """`3 h ago`; `in 2 days` for what is to come."""
        apart = self.now - moment
        return f"{span(apart)} ago" if apart >= timedelta() else f"in {span(-apart)}"


def _day(day: date, today: date) -> str:
    near = _NEAR.get((day - today).days)
    if near:
        return near
    return _date(day) if day.year == today.year else f"{_date(day)} {day.year}"


def _date(day: date) -> str:
    return f"{_DAYS[day.weekday()]} {day.day} {_MONTHS[day.month - 1]}"


def _time(there: datetime) -> str:
    return f"{there.hour:02}:{there.minute:02}"
