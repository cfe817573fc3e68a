"""Instants as people at a site say them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

_MINUTE = timedelta(minutes=1)
_HOUR = timedelta(hours=1)
_DAY = timedelta(days=1)


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
        return moment.astimezone(ZoneInfo(self.zone))

    @property
    def today(self) -> date:
        """The site's date."""
        return self.local(self.now).date()

    def time(self, moment: datetime) -> str:
        """`09:05`."""
        return f"{self.local(moment):%H:%M}"

    def day(self, moment: datetime) -> str:
        """`today`, `tomorrow`, `yesterday`, `Tue 14 Apr`, and the year if it is another."""
        there = self.local(moment)
        apart = (there.date() - self.today).days
        near = {0: "today", 1: "tomorrow", -1: "yesterday"}.get(apart)
        if near:
            return near
        year = f" {there.year}" if there.year != self.today.year else ""
        return f"{there:%a} {there.day} {there:%b}{year}"

    def at(self, moment: datetime) -> str:
        """Day and time: `tomorrow 10:00`."""
        return f"{self.day(moment)} {self.time(moment)}"

    def exact(self, moment: datetime) -> str:
        """Day, date, year and time, for places where nothing may be left to guess."""
        there = self.local(moment)
        return f"{there:%a} {there.day} {there:%b %Y}, {there:%H:%M}"

    def date(self, day: date) -> str:
        """`Tue 14 Apr 2026`."""
        return f"{day:%a} {day.day} {day:%b %Y}"

    def left(self, moment: datetime) -> str:
        """How long until then, or since: `9 min left`, `2 h late`."""
        apart = moment - self.now
        return f"{span(apart)} left" if apart > timedelta() else f"{span(-apart)} late"

    def ago(self, moment: datetime) -> str:
        """`3 h ago`; `in 2 days` for what is to come."""
        apart = self.now - moment
        return f"{span(apart)} ago" if apart >= timedelta() else f"in {span(-apart)}"
