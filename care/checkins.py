"""When the check-in schedule asks what comes by the calendar (SCH-3 … SCH-7), within the client's contact budget.

The budget (`max_routine_per_7_days`) bounds the questions that come by the calendar (SCH-3 … SCH-7): none of them
makes more than the budget in any 7 days, with the session questions known by then. The questions about a session
(SCH-1, SCH-2) are a matter of safety and always asked; they use the budget up, and may exceed it.

Where the schedule wants more than the budget allows, questions queue: the one that can wait least goes first. Whoever
waits moves on with every turn, so that none is pushed for ever.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from functools import lru_cache
from itertools import takewhile
from operator import itemgetter
from typing import NamedTuple

from care.contact_budget import BUDGET_WINDOW, Quiet, Taken, asked_on, taken_at, turns
from care.gists import Gists, gist_of
from care.local_time import calendar_day, local_day, wall_time_days_later
from care.session_questions import promised
from schemas.plan import ROUTINE_KEPT, PlanState
from schemas.protocol import Protocol, SiteHours

_BEFORE_REVIEW_ASK = "CHK-BETTER"
_DAY = timedelta(days=1)
_A_WEEK = timedelta(days=7)
_HALF_A_WEEK = timedelta(days=3)
"""How far the nearest of a weekday can lie from any day."""


def quiet_of(hours: SiteHours) -> Quiet:
    """What a question's turn depends on of a site's hours."""
    return hours.zone, hours.quiet_start, hours.quiet_end


def ask_next(hours: SiteHours, now: datetime) -> datetime:
    """The next day's turn for a question whose own has passed unused."""
    return asked_on(quiet_of(hours), local_day(hours, now).toordinal() + 1)


def question_key(question: str) -> str:
    """A calendar question's name among what is put off, whatever its day."""
    return f"q:{question}"


class Turn(NamedTuple):
    """When a calendar question is asked next, and by which rule."""

    at: datetime
    rule: str
    question: str


_Wish = tuple[date, date, str, str]
"""A question's place in the queue, the day from which on it is to be asked, its rule and its name.

The place is that day and once more the question's interval, a week at most where a weekday is fixed. So flare-ups,
asked about weekly, go before home days, asked about every two weeks, that fell due with them.
"""

_wished_for = itemgetter(1)


class Wishes(NamedTuple):
    """When the calendar's questions want to be asked."""

    rare: list[_Wish]
    """That before the review (SCH-7), if it is still to be asked."""
    others: list[_Wish]
    """The schedule's (SCH-3 … SCH-6), the earliest place first."""
    soonest: list[_Wish]
    """Those of the schedule among which the earliest turn is: down to the first that wishes for the earliest day.
    What comes after it wishes for no earlier one, and finds fewer free."""


@gist_of(
    "protocol",
    "routine_sent",
    "put_off",
    "progress.step",
    "progress.started_at",
    "progress.reviewed_at",
)
def wishes(state: PlanState) -> Wishes:
    """When each question wants to be asked: its number of days after it was last, or after the plan's start.

    One with a fixed weekday (SCH-3) wants the plan's: that of its start, a week after which it is first asked.

    One that a full record does not show may have been asked just before it begins: its old turn does not come back.
    """
    progress, protocol = state.progress, state.protocol
    started, step = progress.started_at, progress.step
    rare: list[_Wish] = []
    others: list[_Wish] = []
    if started is None:
        return Wishes(rare, others, others)
    sent = state.routine_sent
    zone, last, before = protocol.hours.zone, dict(sent), sent[0][1] if len(sent) == ROUTINE_KEPT else started
    for one in protocol.routine:
        days = one.every_days.get(step)
        if days is not None:
            since = last.get(one.ask, before)
            since = since if since > started else started
            began = started if one.fixed_weekday else None
            others.append((*_place_and_day(zone, since, days, began), one.rule, one.ask))
    if last.get(_BEFORE_REVIEW_ASK, started) <= progress.reviewed_at:
        day = _day_before_review(
            zone, progress.reviewed_at, protocol.review_days, protocol.before_review_days
        )
        rare.append((day, day, "SCH-7", _BEFORE_REVIEW_ASK))
    if state.put_off:
        rare, others = _put_off(state, rare), _put_off(state, others)
    others.sort()
    wished = [day for _, day, _, _ in others]
    return Wishes(rare, others, others[: wished.index(min(wished)) + 1] if wished else others)


@gist_of("protocol", "routine_sent", gists=(wishes, promised))
def in_the_way(state: PlanState, gists: Gists) -> Taken:
    """When the client was asked something, or will be about a session, as far as it may be in a wish's way."""
    wished, quiet = gists[wishes], quiet_of(state.protocol.hours)
    soonest = wished.rare + wished.soonest
    if not soonest:
        return _NOTHING_TAKEN
    first_day = min(map(_wished_for, soonest))
    week_before = asked_on(quiet, (first_day - BUDGET_WINDOW - _DAY).toordinal())
    asked = takewhile(week_before.__lt__, map(itemgetter(1), reversed(state.routine_sent)))
    return taken_at(quiet, state.protocol.question_gap, [*asked, *gists[promised]])


_NOTHING_TAKEN = Taken([], set())


def routine_questions(protocol: Protocol, wished: Wishes, taken: Taken) -> tuple[Turn, ...]:
    """The next turn of each calendar question, where `taken` is `in_the_way` of what is wished.

    Turns keep the pack's gap (24 hours) from each other, and the budget of routine texts in 7 days pushes what does
    not fit. The question before a review comes first: it is rare, and useless after it.
    """
    return _fitted(protocol, taken, *wished.rare, *wished.others)


def earliest_questions(protocol: Protocol, wished: Wishes, taken: Taken) -> tuple[Turn, ...]:
    """Those of `routine_questions` among which the earliest is."""
    rare, soonest = wished.rare, wished.soonest
    if rare and soonest:
        review_day = _wished_for(rare[0])
        if max(map(_wished_for, soonest)) + BUDGET_WINDOW < review_day:
            first = _fitted(protocol, taken, *soonest)
            if calendar_day(protocol.hours.zone, max(first).at) + BUDGET_WINDOW <= review_day:
                return first  # the rare one lies too far ahead to have taken their places
    return _fitted(protocol, taken, *rare, *soonest)


def _put_off(state: PlanState, wishes: list[_Wish]) -> list[_Wish]:
    """The same wishes, but none for a turn before the instant that it was put off to. They keep their places."""
    quiet, until = quiet_of(state.protocol.hours), dict(state.put_off)
    later = []
    for place, day, rule, question in wishes:
        earliest = until.get(question_key(question))
        first_day = day
        while earliest is not None and asked_on(quiet, first_day.toordinal()) < earliest:
            first_day += _DAY
        later.append((place, first_day, rule, question))
    return later


def _fitted(protocol: Protocol, taken: Taken, *wished: _Wish) -> tuple[Turn, ...]:
    """A turn for each question, one after the other."""
    quiet, budget, gap = quiet_of(protocol.hours), protocol.max_routine_per_7_days, protocol.question_gap
    at = turns(map(_wished_for, wished), taken, quiet, budget, gap)
    return tuple(
        [Turn(turn, rule, question) for turn, (_, _, rule, question) in zip(at, wished, strict=True)]
    )


@lru_cache(maxsize=1024)
def _place_and_day(zone: str, since: datetime, days: int, began: datetime | None) -> tuple[date, date]:
    """A wish's place and its day, so many days after it was met last; `began` fixes the weekday.

    The nearest of that weekday: a question that was pushed comes 4 to 10 days later instead of 7, and so keeps its
    rhythm. Any other choice asks twice within three days, or leaves out two weeks.
    """
    day, may_wait = calendar_day(zone, since) + days * _DAY, days * _DAY
    if began is not None:
        day += ((calendar_day(zone, began).weekday() - day.weekday() + 3) % 7) * _DAY - _HALF_A_WEEK
        may_wait = min(may_wait, _A_WEEK)
    return day + may_wait, day


@lru_cache(maxsize=1024)
def _day_before_review(zone: str, reviewed_at: datetime, review_days: int, ahead: int) -> date:
    """The day from which SCH-7 asks: the budget may push it, yet not past the review."""
    return calendar_day(zone, wall_time_days_later(zone, reviewed_at, review_days) - ahead * _DAY)
