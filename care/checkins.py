"""When the check-in schedule asks what comes by the calendar (SCH-3 … SCH-7), within the client's contact budget.

The budget (`max_routine_per_7_days`) bounds the questions that come by the calendar (SCH-3 … SCH-7): none of them
makes more than the budget in any 7 days, with the session questions known by then. The questions about a session
(SCH-1, SCH-2) are a matter of safety and always asked; they use the budget up, and may exceed it.
"""

from __future__ import annotations

from bisect import bisect, insort
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from operator import itemgetter
from types import MappingProxyType
from typing import NamedTuple

from care.local_time import calendar_day, instant, local_day, moved_out_of_quiet, wall_time_days_later
from care.same_again import same_again, same_parts
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


def ask_on(hours: SiteHours, day: date) -> datetime:
    """When a question that comes by the calendar is asked on a day."""
    return _asked_on(hours.zone, hours.quiet_start, hours.quiet_end, day)


@lru_cache(maxsize=1024)
def _asked_on(zone: str, quiet_start: time, quiet_end: time, day: date) -> datetime:
    return moved_out_of_quiet(zone, quiet_start, quiet_end, instant(zone, day, ASK_AT))


def ask_next(hours: SiteHours, now: datetime) -> datetime:
    """The next day's turn for a question whose own has passed unused."""
    return ask_on(hours, local_day(hours, now) + timedelta(days=1))


def question_key(question: str) -> str:
    """A calendar question's name among what is put off, whatever its day."""
    return f"q:{question}"


class Turn(NamedTuple):
    """When a calendar question is asked next, by which rule."""

    rule: str
    question: str
    at: datetime


def routine_questions(state: PlanState) -> tuple[Turn, ...]:
    """The next turn of each calendar question.

    A question's turn comes its number of days after it was last asked, or after the plan's start, or when it was
    put off to. Turns are at least 24 hours apart, and the budget of routine texts in 7 days pushes what does not
    fit. The question before a review comes first: it is rare, and useless after it.
    """
    return tuple(_fitted(state, (*_before_review(state), *sorted(_by_schedule(state)))))


def earliest_questions(state: PlanState) -> tuple[Turn, ...]:
    """Those of `routine_questions` among which the earliest is; what comes later for certain is not fitted in."""
    rare, others = _before_review(state), sorted(_by_schedule(state))
    if rare and others:
        turns = _fitted(state, others, earliest_only=True)
        if max([turn.at for turn in turns]) + _BUDGET_WINDOW <= rare[0][0]:
            return tuple(turns)  # the rare one lies too far ahead to have taken their place
    return tuple(_fitted(state, (*rare, *others), earliest_only=True))


_Wanted = tuple[datetime, str, str]
"""From when on a question is to be asked, its rule and its name."""


def _fitted(state: PlanState, wanted: Sequence[_Wanted], *, earliest_only: bool = False) -> list[Turn]:
    """A turn for each question, one after the other; with `earliest_only`, for those that may be the earliest."""
    hours, budget = state.protocol.hours, state.protocol.max_routine_per_7_days
    quiet = (hours.zone, hours.quiet_start, hours.quiet_end)
    taken = sorted([*map(itemgetter(1), state.routine_sent), *promised(state)])
    turns: list[Turn] = []
    passed: datetime | None = None
    for due, rule, question in wanted:
        # Whatever is due later than a day before a turn that is taken keeps a day's distance: it comes after it.
        if earliest_only and passed is not None and due > passed:
            break
        turn = _fit(question, quiet, due, taken, budget)
        insort(taken, turn)
        turns.append(Turn(rule, question, turn))
        passed = turn - _GAP if passed is None else min(passed, turn - _GAP)
    return turns


def _by_schedule(state: PlanState) -> list[_Wanted]:
    """When each question of the schedule wants to be asked (SCH-3 … SCH-6)."""
    started, hours = state.progress.started_at, state.protocol.hours
    if started is None:
        return []
    last, put_off = _last_asked(state.routine_sent), dict(state.put_off)
    zone, quiet_start, quiet_end = hours.zone, hours.quiet_start, hours.quiet_end
    wanted = []
    for rule, question, days in _every_days(state):
        since = last.get(question, started)
        due = _asked_after(zone, quiet_start, quiet_end, since if since > started else started, days)
        if put_off:
            due = max(due, put_off.get(question_key(question), due))
        wanted.append((due, rule, question))
    return wanted


@same_again
def _last_asked(sent: tuple[tuple[str, datetime], ...]) -> Mapping[str, datetime]:
    """When each question was asked last."""
    return MappingProxyType(dict(sent))


@same_parts("protocol", "progress.step")
def _every_days(state: PlanState) -> tuple[tuple[str, str, int], ...]:
    """The schedule at the plan's step: rule, question, and how many days lie between."""
    step, schedule = state.progress.step, state.protocol.routine
    return tuple((one.rule, one.ask, one.every_days[step]) for one in schedule if step in one.every_days)


def _before_review(state: PlanState) -> tuple[_Wanted, ...]:
    """SCH-7, unless it was asked since the last review."""
    progress, hours = state.progress, state.protocol.hours
    if progress.started_at is None:
        return ()
    if _last_asked(state.routine_sent).get(_BEFORE_REVIEW_ASK, progress.started_at) > progress.reviewed_at:
        return ()
    quiet = (hours.zone, hours.quiet_start, hours.quiet_end)
    due = _asked_before_review(quiet, progress.reviewed_at, state.protocol.review_days)
    put_off = dict(state.put_off).get(question_key(_BEFORE_REVIEW_ASK), due)
    return ((max(due, put_off), "SCH-7", _BEFORE_REVIEW_ASK),)


@lru_cache(maxsize=1024)
def _asked_before_review(quiet: Quiet, reviewed_at: datetime, review_days: int) -> datetime:
    zone, quiet_start, quiet_end = quiet
    review = wall_time_days_later(zone, reviewed_at, review_days)
    return _asked_on(zone, quiet_start, quiet_end, calendar_day(zone, review - BEFORE_REVIEW))


@lru_cache(maxsize=1024)
def _asked_after(zone: str, quiet_start: time, quiet_end: time, since: datetime, days: int) -> datetime:
    day = calendar_day(zone, since) + timedelta(days=days)
    return _asked_on(zone, quiet_start, quiet_end, day)


_last_fits: dict[str, tuple[tuple[Quiet, int, datetime], frozenset[datetime], datetime]] = {}
"""Each question's last turn, after what it depended on: where only more turns are taken, it is no earlier."""


def _fit(question: str, quiet: Quiet, due: datetime, sent: list[datetime], budget: int) -> datetime:
    """The first instant from `due` on that keeps the 24-hour gap and the 7-day budget."""
    near = sent[bisect(sent, due - _BUDGET_WINDOW) :]
    taken = frozenset(near)
    known, depends, turn = _last_fits.get(question), (quiet, budget, due), due
    if known is not None and known[0] == depends and known[1] <= taken:
        turn = known[2]
        if len(known[1]) == len(near):
            return turn
    zone, quiet_start, quiet_end = quiet
    while (free := _not_before(turn, sent, budget)) is not None:
        day = calendar_day(zone, free)
        turn = _asked_on(zone, quiet_start, quiet_end, max(day, calendar_day(zone, turn) + _DAY))
        if turn < free:
            turn = _asked_on(zone, quiet_start, quiet_end, day + _DAY)
    if len(taken) == len(near):  # two at one instant count twice, and a set would not tell
        _last_fits[question] = (depends, taken, turn)
    return turn


def _not_before(turn: datetime, sent: list[datetime], budget: int) -> datetime | None:
    """Before when a question cannot go, as far as its turn shows; None if it may go in this turn.

    Another question may be within a day, or some 7 days around the turn may hold more than the budget. `sent` is in
    order.
    """
    place = bisect(sent, turn - _GAP)
    if place < len(sent) and sent[place] < turn + _GAP:
        return sent[place] + _GAP
    free = None
    if place + budget <= len(sent) and sent[place + budget - 1] - turn < _BUDGET_WINDOW:
        free = sent[place] + _GAP  # until then it would only come closer to those after it
    for before in range(1, min(budget, place) + 1):
        if place + budget - before <= len(sent):
            early = sent[place - before]
            late = sent[place + budget - before - 1] if before < budget else turn
            if late - early < _BUDGET_WINDOW:
                return early + _BUDGET_WINDOW if free is None else max(free, early + _BUDGET_WINDOW)
    return free
