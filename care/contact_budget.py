"""The contact budget: so many check-in questions in any 7 days in a row (`max_routine_per_7_days`), and their gap.

The budget counts the site's calendar days, so that neither a text that left a moment after its turn, nor a visit that
is an hour earlier this week, nor a change of the clocks takes a turn away from the week after.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Callable, Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from care.local_time import instant, local, moved_out_of_quiet
from care.session_questions import ASK_AT

_BUDGET_DAYS = 7
BUDGET_WINDOW = timedelta(days=_BUDGET_DAYS)
"""What lies so many calendar days apart is never in the same 7 days."""

Quiet = tuple[str, time, time]
"""The zone and the quiet hours: all of a site's hours that a question's turn depends on, and quick to look up by."""

_A_MOMENT = timedelta(minutes=5)
"""How long after its turn a text may leave, and another a day later all the same keep its gap."""


class Taken(NamedTuple):
    """What is in the way of another question, in calendar days counted as `date.toordinal` does."""

    days: list[int]
    """When the client was asked something, or will be: each counts in the budget. In order."""
    too_near: set[int]
    """The days whose turn is within the gap of one of these."""


@lru_cache(maxsize=1024)
def asked_on(quiet: Quiet, day: int) -> datetime:
    """When a question that comes by the calendar is asked on a day."""
    zone, quiet_start, quiet_end = quiet
    return moved_out_of_quiet(zone, quiet_start, quiet_end, instant(zone, date.fromordinal(day), ASK_AT))


_Takes = Callable[[datetime], tuple[int, tuple[int, ...]]]
"""The day that a question takes from the budget, and the days whose turn is too near to it."""


@lru_cache(maxsize=64)
def _takes(quiet: Quiet, gap: timedelta) -> _Takes:
    zone, reach, apart = quiet[0], gap.days + 1, gap - _A_MOMENT

    @lru_cache(maxsize=4096)
    def takes(at: datetime) -> tuple[int, tuple[int, ...]]:
        day = local(zone, at).toordinal()
        near = range(day - reach, day + reach + 1)
        return day, tuple([one for one in near if abs(asked_on(quiet, one) - at) < apart])

    return takes


def taken_at(quiet: Quiet, gap: timedelta, instants: Iterable[datetime]) -> Taken:
    """What is in the way where questions are asked at these instants, in any order."""
    taken = list(map(_takes(quiet, gap), instants))
    taken.sort()
    return Taken([day for day, _ in taken], {day for _, near in taken for day in near})


def turns(wished: Iterable[date], taken: Taken, quiet: Quiet, budget: int, gap: timedelta) -> list[datetime]:
    """A turn for each question, one after the other: the first from its day on that keeps its gap and the budget."""
    found: list[datetime] = []
    for first in wished:
        if found:
            days, too_near = taken
            day, near = _takes(quiet, gap)(found[-1])
            insort(days := days.copy(), day)
            taken = Taken(days, too_near.union(near))
        found.append(asked_on(quiet, _first_free(first.toordinal(), taken, budget)))
    return found


def _first_free(day: int, taken: Taken, budget: int) -> int:
    """The first day from this one on that is near to none and with which no 7 days hold more than the budget."""
    days, too_near = taken
    while True:
        while day in too_near:
            day += 1
        first = bisect_right(days, day - _BUDGET_DAYS)
        after = bisect_left(days, day + _BUDGET_DAYS, first)
        for last in range(after - 1, first + budget - 2, -1):
            if days[last] - days[last - budget + 1] < _BUDGET_DAYS:
                day = days[last - budget + 1] + _BUDGET_DAYS
                break
        else:
            return day
