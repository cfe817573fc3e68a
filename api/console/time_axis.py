"""A horizontal axis of time: instants to places, and where its dates stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MOST_TICKS = 14


@dataclass(frozen=True)
class Tick:
    """A date on the axis."""

    x: float
    label: str


@dataclass(frozen=True)
class TimeAxis:
    """Time from `start` to `end`, drawn from `left` to `right`."""

    start: datetime
    end: datetime
    left: float
    right: float
    zone: str

    def x(self, moment: datetime) -> float:
        """Where an instant stands; the ends hold what lies outside."""
        share = (moment - self.start) / (self.end - self.start)
        return round(self.left + min(1.0, max(0.0, share)) * (self.right - self.left), 1)

    def ticks(self) -> tuple[Tick, ...]:
        """Mondays, so few that their labels do not touch."""
        zone = ZoneInfo(self.zone)
        weeks = max(1, -(-(self.end - self.start).days // 7 // _MOST_TICKS) or 1)
        first = self.start.astimezone(zone).date()
        monday = first + timedelta(days=-first.weekday() % 7)
        ticks = []
        while (at := datetime.combine(monday, time(), zone)) < self.end:
            ticks.append(Tick(self.x(at), _label(monday)))
            monday += timedelta(weeks=weeks)
        return tuple(ticks)


def _label(day: date) -> str:
    return f"{day.day} {day:%b}"
