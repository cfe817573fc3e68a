"""The weeks ahead of a plan side by side: as it is, and after a decision."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from api.console.moments import SiteClock
from api.console.planned_words import Ahead


@dataclass(frozen=True)
class Planned:
    """One visit, text or other step in a week. `changed`: the other way does not have it."""

    line: Ahead
    changed: bool


@dataclass(frozen=True)
class TwoWays:
    """One week, from its Monday."""

    monday: date
    as_it_is: tuple[Planned, ...]
    after: tuple[Planned, ...]


def two_ways(
    as_it_is: Iterable[Ahead], after: Iterable[Ahead], now: datetime, clock: SiteClock
) -> tuple[TwoWays, ...]:
    """Every week from this one to the last that has anything planned, either way; none where nothing is."""
    before, then = tuple(as_it_is), tuple(after)
    if not before and not then:
        return ()
    here, there = _by_week(before, then, clock), _by_week(then, before, clock)
    last = max({*here, *there})
    monday, weeks = _monday(now, clock), []
    while monday <= last:
        weeks.append(TwoWays(monday, tuple(here[monday]), tuple(there[monday])))
        monday += timedelta(weeks=1)
    return tuple(weeks)


def _by_week(
    lines: tuple[Ahead, ...], other: tuple[Ahead, ...], clock: SiteClock
) -> defaultdict[date, list[Planned]]:
    known = {_same(one) for one in other}
    weeks = defaultdict[date, list[Planned]](list)
    for one in lines:
        weeks[_monday(one.at, clock)].append(Planned(one, _same(one) not in known))
    return weeks


def _same(line: Ahead) -> tuple[datetime, str, str | None]:
    """What two lines agree on if they are the same; a text's order of a second later is no change."""
    return line.at.replace(second=0, microsecond=0), line.what, line.body


def _monday(moment: datetime, clock: SiteClock) -> date:
    day = clock.local(moment).date()
    return day - timedelta(days=day.weekday())
