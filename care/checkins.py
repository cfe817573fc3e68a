"""When the check-in schedule asks what comes by the calendar (SCH-3 … SCH-7), within the client's contact budget.

The budget (`max_routine_per_7_days`) bounds the questions that come by the calendar (SCH-3 … SCH-7): none of them
makes more than the budget in any 7 days, with the session questions known by then. The questions about a session
(SCH-1, SCH-2) are a matter of safety and always asked; they use the budget up, and may exceed it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta
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
_NEVER = datetime.max.replace(tzinfo=UTC)


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


_Wish = tuple[datetime, str, str]
"""From when on a question is to be asked, its rule and its name: the earliest wish is met first."""


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
    if not others:
        return _fitted(state, *rare)
    first = min(others)
    far_ahead = rare[0][0] - _BUDGET_WINDOW if rare else _NEVER
    if first[0] <= far_ahead:
        turns = _fitted(state, first)
        if turns[0].at <= far_ahead:
            return turns  # the rare one lies too far ahead to have taken its place
    return _fitted(state, *rare, first)


def _wishes(state: PlanState) -> tuple[list[_Wish], list[_Wish]]:
    """When each question wants to be asked: that before the review (SCH-7), and the schedule's (SCH-3 … SCH-6)."""
    progress, protocol = state.progress, state.protocol
    started, step = progress.started_at, progress.step
    if started is None:
        return [], []
    quiet, last, put_off = quiet_of(protocol.hours), dict(state.routine_sent), dict(state.put_off)
    others = []
    for one in protocol.routine:
        days = one.every_days.get(step)
        if days is not None:
            since = last.get(one.ask, started)
            others.append(
                (_asked_after(quiet, since if since > started else started, days), one.rule, one.ask)
            )
    rare = []
    if last.get(_BEFORE_REVIEW_ASK, started) <= progress.reviewed_at:
        at = _asked_before_review(quiet, progress.reviewed_at, protocol.review_days)
        rare.append((at, "SCH-7", _BEFORE_REVIEW_ASK))
    if put_off:
        return _later(rare, put_off, quiet), _later(others, put_off, quiet)
    return rare, others


def _later(wishes: list[_Wish], put_off: Mapping[str, datetime], quiet: Quiet) -> list[_Wish]:
    """The same wishes, but none before the first turn from when it was put off to."""
    return [
        (max(at, _asked_from(quiet, put_off.get(question_key(question), at))), rule, question)
        for at, rule, question in wishes
    ]


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
def _asked_before_review(quiet: Quiet, reviewed_at: datetime, review_days: int) -> datetime:
    zone = quiet[0]
    review = wall_time_days_later(zone, reviewed_at, review_days)
    return _asked_on(quiet, calendar_day(zone, review - BEFORE_REVIEW))


@lru_cache(maxsize=1024)
def _asked_after(quiet: Quiet, since: datetime, days: int) -> datetime:
    return _asked_on(quiet, calendar_day(quiet[0], since) + timedelta(days=days))


@lru_cache(maxsize=1024)
def _asked_from(quiet: Quiet, earliest: datetime) -> datetime:
    """The first turn of all days that is not before an instant."""
    turn, day = earliest - _DAY, calendar_day(quiet[0], earliest) - _DAY
    while turn < earliest:  # that of the day before may have been moved past midnight
        turn, day = _asked_on(quiet, day), day + _DAY
    return turn


def _fit(wish: datetime, quiet: Quiet, taken: Iterable[datetime], budget: int) -> datetime:
    """The first turn from a wish on that keeps a day from those taken, and the budget of any 7 days."""
    week_before = wish - _BUDGET_WINDOW
    near = sorted([at for at in taken if at > week_before])
    # As many as the budget within 7 days let nothing else come so close that it would count with all of them.
    full = [
        (last - _BUDGET_WINDOW, first + _BUDGET_WINDOW)
        for first, last in zip(near, near[budget - 1 :], strict=False)
        if last - first < _BUDGET_WINDOW
    ]
    turn, looked_at = wish, week_before
    while turn != looked_at:
        looked_at = turn
        for at in near:
            if -_GAP < at - turn < _GAP:
                turn = _asked_from(quiet, at + _GAP)
        for begins, ends in full:
            if begins < turn < ends:
                turn = _asked_from(quiet, ends)
    return turn
