"""Wall times of a site, turned into instants at the last moment (F16)."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo


@lru_cache(maxsize=64)
def _zone(name: str) -> ZoneInfo:
    return ZoneInfo(name)


def instant(zone: str, day: date, at: time) -> datetime:
    """The UTC instant of a wall time; one that a clock change skips moves forward by the gap."""
    return datetime.combine(day, at, tzinfo=_zone(zone)).astimezone(UTC)


def local(zone: str, moment: datetime) -> datetime:
    """The wall time of an instant."""
    return moment.astimezone(_zone(zone))


def days(zone: str, start: datetime, end: datetime) -> Iterator[date]:
    """The site's calendar days that [start, end) touches."""
    day, last = local(zone, start).date(), local(zone, end).date()
    while day <= last:
        yield day
        day += timedelta(days=1)
