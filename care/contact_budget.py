"""The contact budget: so many check-in questions in any 7 days in a row (`max_routine_per_7_days`), and their gap.

The budget counts the site's calendar days, so that neither a text that left a moment after its turn, nor a visit that
is an hour earlier this week, nor a change of the clocks takes a turn away from the week after.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from care.local_time import instant, local, moved_out_of_quiet
from care.session_questions import ASK_AT

BUDGET_DAYS = 7

Quiet = tuple[str, time, time]
"""The zone and the quiet hours: all of a site's hours that a question's turn depends on, and quick to look up by."""

_A_MOMENT = timedelta(minutes=5)
"""How long after its turn a text may leave, and another a day later all the same keep its gap."""


class Taken(NamedTuple):
    """When the client was asked something, or will be, each in order."""

    instants: list[datetime]
    days: list[int]
    """The calendar days of these, as ordinals."""

    def and_also(self, zone: str, turn: datetime) -> Taken:
        """The same with one more."""
        instants, days = self.instants.copy(), self.days.copy()
        insort(instants, turn)
        insort(days, _day(zone, turn))
        return Taken(instants, days)


def taken_at(zone: str, instants: Iterable[datetime]) -> Taken:
    """These instants, in any order."""
    in_order = sorted(instants)
    return Taken(in_order, [_day(zone, at) for at in in_order])


@lru_cache(maxsize=4096)
def _day(zone: str, moment: datetime) -> int:
    return local(zone, moment).toordinal()


@lru_cache(maxsize=1024)
def asked_on(quiet: Quiet, day: int) -> datetime:
    """When a question that comes by the calendar is asked on a day, given as an ordinal."""
    zone, quiet_start, quiet_end = quiet
    return moved_out_of_quiet(zone, quiet_start, quiet_end, instant(zone, date.fromordinal(day), ASK_AT))


def first_free(wished: date, quiet: Quiet, taken: Taken, budget: int, gap: timedelta) -> datetime:
    """The first turn from a day on that keeps its gap from those taken, and the budget of any 7 days in a row."""
    day, apart, instants = wished.toordinal(), gap - _A_MOMENT, taken.instants
    while True:
        day = _first_within(day, taken.days, budget)
        turn = asked_on(quiet, day)
        near = bisect_right(instants, turn - apart)
        if near == len(instants) or turn + apart <= instants[near]:
            return turn
        day += 1


def _first_within(day: int, days: list[int], budget: int) -> int:
    """The first day from this one on with which no 7 days in a row hold more than the budget."""
    near = days[bisect_right(days, day - BUDGET_DAYS) : bisect_left(days, day + BUDGET_DAYS)]
    for place in range(len(near) - budget, -1, -1):
        if near[place + budget - 1] - near[place] < BUDGET_DAYS:
            return _first_within(near[place] + BUDGET_DAYS, days, budget)
    return day
