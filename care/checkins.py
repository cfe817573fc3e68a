"""When the check-in schedule asks what comes by the calendar (SCH-3 … SCH-7), within the client's contact budget.

The budget (`max_routine_per_7_days`) bounds the questions that come by the calendar (SCH-3 … SCH-7): none of them
makes more than the budget in any 7 days, with the session questions known by then. The questions about a session
(SCH-1, SCH-2) are a matter of safety and always asked; they use the budget up, and may exceed it.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from operator import itemgetter
from typing import NamedTuple

from care.local_time import calendar_day, instant, local_day, moved_out_of_quiet, wall_time_days_later
from care.session_questions import ASK_AT, promised
from schemas.plan import PlanState
from schemas.protocol import SiteHours

BEFORE_REVIEW = timedelta(days=7)
"""SCH-7 asks from this long before the review falls due by days: the budget may push it, yet not past the review."""

Quiet = tuple[str, time, time]
"""The zone and the quiet hours: all of a site's hours that a question's turn depends on, and quick to look up by."""

_BEFORE_REVIEW_ASK = "CHK-BETTER"
_GAP = timedelta(hours=24)
_DAY = timedelta(days=1)
_BUDGET_WINDOW = timedelta(days=7)


def quiet_of(hours: SiteHours) -> Quiet:
    """What a question's turn depends on of a site's hours."""
    return hours.zone, hours.quiet_start, hours.quiet_end


@lru_cache(maxsize=1024)
def _asked_on(quiet: Quiet, day: date) -> datetime:
    """When a question that comes by the calendar is asked on a day."""
    zone, quiet_start, quiet_end = quiet
    return moved_out_of_quiet(zone, quiet_start, quiet_end, instant(zone, day, ASK_AT))


def ask_next(hours: SiteHours, now: datetime) -> datetime:
    """The next day's turn for a question whose own has passed unused."""
    return _asked_on(quiet_of(hours), local_day(hours, now) + _DAY)


def question_key(question: str) -> str:
    """A calendar question's name among what is put off, whatever its day."""
    return f"q:{question}"


class Turn(NamedTuple):
    """When a calendar question is asked next, and by which rule."""

    at: datetime
    rule: str
    question: str


_Wish = tuple[date, str, str]
"""The day from which on a question is to be asked, its rule and its name: the earliest wish is met first."""


def routine_questions(state: PlanState) -> tuple[Turn, ...]:
    """The next turn of each calendar question.

    A question's turn comes its number of days after it was last asked, or after the plan's start, or when it was
    put off to. Turns are at least 24 hours apart, and the budget of routine texts in 7 days pushes what does not
    fit. The question before a review comes first: it is rare, and useless after it.
    """
    rare, others = _wishes(state)
    return _fitted(state, *rare, *sorted(others))


def earliest_questions(state: PlanState) -> tuple[Turn, ...]:
    """Those of `routine_questions` among which the earliest is.

    Of the schedule's that is the first: the others wish for no earlier turn, and find fewer free.
    """
    rare, others = _wishes(state)
    first = sorted(others)[:1]
    if rare and first and first[0][0] + _BUDGET_WINDOW < rare[0][0]:
        turns = _fitted(state, *first)
        if turns[0].at + _BUDGET_WINDOW <= _asked_on(quiet_of(state.protocol.hours), rare[0][0]):
            return turns  # the rare one lies too far ahead to have taken its place
    return _fitted(state, *rare, *first)


def _wishes(state: PlanState) -> tuple[list[_Wish], list[_Wish]]:
    """When each question wants to be asked: that before the review (SCH-7), and the schedule's (SCH-3 … SCH-6)."""
    progress, protocol = state.progress, state.protocol
    started, step = progress.started_at, progress.step
    if started is None:
        return [], []
    zone, last, others = protocol.hours.zone, dict(state.routine_sent), []
    for one in protocol.routine:
        days = one.every_days.get(step)
        if days is not None:
            since = last.get(one.ask, started)
            day = _days_after(zone, since if since > started else started, days)
            others.append((day, one.rule, one.ask))
    rare = []
    if last.get(_BEFORE_REVIEW_ASK, started) <= progress.reviewed_at:
        day = _day_before_review(zone, progress.reviewed_at, protocol.review_days)
        rare.append((day, "SCH-7", _BEFORE_REVIEW_ASK))
    if state.put_off:
        return _put_off(state, rare), _put_off(state, others)
    return rare, others


def _put_off(state: PlanState, wishes: list[_Wish]) -> list[_Wish]:
    """The same wishes, but none for a turn before the instant that it was put off to."""
    quiet, until = quiet_of(state.protocol.hours), dict(state.put_off)
    later = []
    for day, rule, question in wishes:
        earliest = until.get(question_key(question))
        first_day = day
        while earliest is not None and _asked_on(quiet, first_day) < earliest:
            first_day += _DAY
        later.append((first_day, rule, question))
    return later


def _fitted(state: PlanState, *wishes: _Wish) -> tuple[Turn, ...]:
    """A turn for each question, one after the other."""
    quiet, budget = quiet_of(state.protocol.hours), state.protocol.max_routine_per_7_days
    taken = [*map(itemgetter(1), state.routine_sent), *promised(state)]
    turns = []
    for wish, rule, question in wishes:
        at = _fit(wish, quiet, taken, budget)
        taken.append(at)
        turns.append(Turn(at, rule, question))
    return tuple(turns)


@lru_cache(maxsize=1024)
def _days_after(zone: str, since: datetime, days: int) -> date:
    return calendar_day(zone, since) + timedelta(days=days)


@lru_cache(maxsize=1024)
def _day_before_review(zone: str, reviewed_at: datetime, review_days: int) -> date:
    return calendar_day(zone, wall_time_days_later(zone, reviewed_at, review_days) - BEFORE_REVIEW)


def _fit(day: date, quiet: Quiet, taken: Iterable[datetime], budget: int) -> datetime:
    """The first turn from a day on that keeps 24 hours from those taken, and the budget of any 7 days."""
    week_before = _asked_on(quiet, day) - _BUDGET_WINDOW
    return _first_free(day, quiet, tuple(sorted([at for at in taken if at > week_before])), budget)


@lru_cache(maxsize=1024)
def _first_free(day: date, quiet: Quiet, taken: tuple[datetime, ...], budget: int) -> datetime:
    """The same, where `taken` is what may be in the way, in order. Remembered: most steps leave that as it was."""
    turn, closed = _asked_on(quiet, day), _closed(taken, budget)
    while (free := _free_from(turn, closed)) is not turn:
        day += free - turn  # its whole days
        while (turn := _asked_on(quiet, day)) < free:
            day += _DAY
    return turn


_Span = tuple[datetime, datetime]
"""What lies between two instants."""


def _closed(taken: tuple[datetime, ...], budget: int) -> list[_Span]:
    """When no question may come: within 24 hours of another, and with as many as the budget in some 7 days."""
    full = [
        (last - _BUDGET_WINDOW, first + _BUDGET_WINDOW)
        for first, last in zip(taken, taken[budget - 1 :], strict=False)
        if last - first < _BUDGET_WINDOW
    ]
    return full + [(at - _GAP, at + _GAP) for at in taken]


def _free_from(turn: datetime, closed: Iterable[_Span]) -> datetime:
    """The turn itself, or an instant until which there is none."""
    for begins, ends in closed:
        if begins < turn < ends:
            turn = ends
    return turn
