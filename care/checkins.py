"""When the check-in schedule asks what (SCH-1 … SCH-8), within the client's contact budget.

The budget (`max_routine_per_7_days`) bounds the questions that come by the calendar (SCH-3 … SCH-7): none of them
makes more than the budget in any 7 days, with the session questions known by then. The questions about a session
(SCH-1, SCH-2) are a matter of safety and always asked; they use the budget up, and may exceed it.
"""

from __future__ import annotations

from bisect import bisect, bisect_left, insort
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from functools import lru_cache

from care.local_time import (
    calendar_day,
    days_later,
    instant,
    local_day,
    moved_out_of_quiet,
    wall_time_days_later,
)
from care.same_again import same_again
from schemas.plan import PlanState, Session, SessionStatus
from schemas.prompts import Answer
from schemas.protocol import SiteHours

SORE_LIFE = timedelta(hours=28)
"""SCH-1 asks 20-28 hours after the session; later the answer would mean something else."""

SORE_AFTER = timedelta(hours=20)

BEFORE_REVIEW = timedelta(days=7)
"""SCH-7 asks from this long before the review falls due by days: the budget may push it, yet not past the review."""

_Quiet = tuple[str, time, time]
"""The zone and the quiet hours: all of a site's hours that a question's turn depends on, and quick to look up by."""

_ASK_AT = time(11)
_BEFORE_REVIEW_ASK = "CHK-BETTER"
_GAP = timedelta(hours=24)
_DAY = timedelta(days=1)
_BUDGET_WINDOW = timedelta(days=7)
_EARLY_SESSIONS = 3
_SORE_ADDS_DAY3 = 4
_DAY3 = 3
_LOOKED_AT = 5


def sore_due(hours: SiteHours, session: Session) -> datetime:
    """The same wall time on the next day, moved out of quiet hours (SCH-1).

    After an evening session the quiet hours end too late for the answer to mean the same: then 20 hours after.
    """
    return _sore_due(hours.zone, hours.quiet_start, hours.quiet_end, session.starts_at)


@lru_cache(maxsize=1024)
def _sore_due(zone: str, quiet_start: time, quiet_end: time, starts_at: datetime) -> datetime:
    due = moved_out_of_quiet(zone, quiet_start, quiet_end, wall_time_days_later(zone, starts_at, 1))
    if due < starts_at + SORE_LIFE:
        return due
    return moved_out_of_quiet(zone, quiet_start, quiet_end, starts_at + SORE_AFTER)


def day3_due(state: PlanState, session: Session) -> datetime | None:
    """When CHK-PAIN is asked on day 3 (SCH-2), or None where the rule does not ask.

    It asks after the first three sessions, after the first session at a new step, and when soreness
    was 4 or more.
    """
    hours = state.protocol.hours
    if not (_early(state, session) or _first_at_step(state, session) or _left_sore(state, session)):
        return None
    return ask_on(hours, local_day(hours, session.starts_at) + timedelta(days=_DAY3))


def _early(state: PlanState, session: Session) -> bool:
    if state.progress.sessions_completed > _EARLY_SESSIONS:
        return False
    return any(s.no == session.no for s in _attended(state.sessions)[-_EARLY_SESSIONS:])


def _first_at_step(state: PlanState, session: Session) -> bool:
    entered = state.progress.step_entered_at
    if session.step is not state.progress.step or session.starts_at < entered:
        return False
    first = next((s for s in _attended(state.sessions) if s.starts_at >= entered), None)
    return first is not None and first.no == session.no


@same_again
def _attended(sessions: tuple[Session, ...]) -> tuple[Session, ...]:
    return tuple([s for s in sessions if s.status is SessionStatus.attended])


def _left_sore(state: PlanState, session: Session) -> bool:
    sore = sore_answers(state)
    by_then = session.starts_at + timedelta(days=_DAY3)
    return bool(sore) and any(session.starts_at < at < by_then for at in sore)


def sore_answers(state: PlanState) -> tuple[datetime, ...]:
    """When the client was left sore: CHK-SORE answered with 4 or more (SCH-2, AL-06)."""
    return _sore_among(state.progress.answers)


@same_again
def _sore_among(answers: tuple[Answer, ...]) -> tuple[datetime, ...]:
    return tuple([a.at for a in answers if a.value >= _SORE_ADDS_DAY3 and a.question == "CHK-SORE"])


def asked_of_sessions(state: PlanState) -> frozenset[str]:
    """The questions about the latest sessions that have had their turn (SCH-1, SCH-2), by their agenda keys."""
    return _questions_of(state.sessions) & keys_done(state.done)


@same_again
def _questions_of(sessions: tuple[Session, ...]) -> frozenset[str]:
    return frozenset(f"s{s.no}:{what}" for s in sessions[-_LOOKED_AT:] for what in ("sore", "day3"))


keys_done = same_again(frozenset[str])
"""The agenda keys that have had their turn, to look one up."""


def ask_on(hours: SiteHours, day: date) -> datetime:
    """When a question that comes by the calendar is asked on a day."""
    return _asked_on(hours.zone, hours.quiet_start, hours.quiet_end, day)


@lru_cache(maxsize=1024)
def _asked_on(zone: str, quiet_start: time, quiet_end: time, day: date) -> datetime:
    return moved_out_of_quiet(zone, quiet_start, quiet_end, instant(zone, day, _ASK_AT))


def ask_next(hours: SiteHours, now: datetime) -> datetime:
    """The next day's turn for a question whose own has passed unused."""
    return ask_on(hours, local_day(hours, now) + timedelta(days=1))


def question_key(question: str) -> str:
    """A calendar question's name among what is put off, whatever its day."""
    return f"q:{question}"


def routine_questions(state: PlanState) -> tuple[tuple[str, str, datetime], ...]:
    """The next turn of each calendar question: (rule, question, instant).

    A question's turn comes its number of days after it was last asked, or after the plan's start, or when it was
    put off to. Turns are at least 24 hours apart, and the budget of routine texts in 7 days pushes what does not
    fit. The question before a review comes first: it is rare, and useless after it.
    """
    protocol, put_off = state.protocol, dict(state.put_off)
    wanted = [
        (max(due, put_off.get(question_key(question), due)), rule, question)
        for rule, question, due in _wanted(state)
    ]
    sent = [*[at for _, at in state.routine_sent], *_promised(state)]
    hours = protocol.hours
    quiet = (hours.zone, hours.quiet_start, hours.quiet_end)
    return _turns(quiet, protocol.max_routine_per_7_days, tuple(wanted), tuple(sent))


@lru_cache(maxsize=1024)
def _turns(
    quiet: _Quiet, budget: int, wanted: tuple[tuple[datetime, str, str], ...], sent: tuple[datetime, ...]
) -> tuple[tuple[str, str, datetime], ...]:
    """When each wanted question fits. Remembered: most steps of a plan change nothing about it."""
    taken, turns = sorted(sent), []
    for due, rule, question in sorted(wanted, key=_rarest_first):
        turn = _fit(quiet, due, taken, budget)
        insort(taken, turn)
        turns.append((rule, question, turn))
    return tuple(turns)


def _rarest_first(wanted: tuple[datetime, str, str]) -> tuple[bool, tuple[datetime, str, str]]:
    return wanted[2] != _BEFORE_REVIEW_ASK, wanted


def _wanted(state: PlanState) -> Iterator[tuple[str, str, datetime]]:
    protocol, progress = state.protocol, state.progress
    if progress.started_at is None:
        return
    last, hours = dict(state.routine_sent), protocol.hours
    zone, quiet_start, quiet_end = hours.zone, hours.quiet_start, hours.quiet_end
    for rule in protocol.routine:
        days = rule.every_days.get(progress.step)
        if days is None:
            continue
        since = max(last.get(rule.ask, progress.started_at), progress.started_at)
        yield rule.rule, rule.ask, _asked_after(zone, quiet_start, quiet_end, since, days)
    if last.get(_BEFORE_REVIEW_ASK, progress.started_at) <= progress.reviewed_at:
        review = days_later(protocol.hours, progress.reviewed_at, protocol.review_days)
        yield (
            "SCH-7",
            _BEFORE_REVIEW_ASK,
            ask_on(protocol.hours, local_day(protocol.hours, review - BEFORE_REVIEW)),
        )


@lru_cache(maxsize=1024)
def _asked_after(zone: str, quiet_start: time, quiet_end: time, since: datetime, days: int) -> datetime:
    day = calendar_day(zone, since) + timedelta(days=days)
    return _asked_on(zone, quiet_start, quiet_end, day)


def _promised(state: PlanState) -> Iterator[datetime]:
    """Questions about sessions that are still to be asked: they keep their place before the routine ones."""
    hours, asked = state.protocol.hours, asked_of_sessions(state)
    for session in state.sessions[-_LOOKED_AT:]:
        attended = session.status is SessionStatus.attended
        if (attended or session.status is SessionStatus.booked) and f"s{session.no}:sore" not in asked:
            yield sore_due(hours, session)
        if attended and f"s{session.no}:day3" not in asked:
            third_day = day3_due(state, session)
            if third_day is not None:
                yield third_day


def _fit(quiet: _Quiet, due: datetime, sent: list[datetime], budget: int) -> datetime:
    """The first instant from `due` on that keeps the 24-hour gap and the 7-day budget."""
    turn, (zone, quiet_start, quiet_end) = due, quiet
    while (free := _not_before(turn, sent, budget)) is not None:
        day = calendar_day(zone, free)
        turn = _asked_on(zone, quiet_start, quiet_end, max(day, calendar_day(zone, turn) + _DAY))
        if turn < free:
            turn = _asked_on(zone, quiet_start, quiet_end, day + _DAY)
    return turn


def _not_before(turn: datetime, sent: list[datetime], budget: int) -> datetime | None:
    """Before when a question cannot go, as far as its turn shows; None if it may go in this turn.

    Another question may be within a day, or some 7 days around the turn may hold more than the budget. `sent` is in
    order.
    """
    next_one = bisect(sent, turn - _GAP)
    if next_one < len(sent) and sent[next_one] < turn + _GAP:
        return sent[next_one] + _GAP
    near = sent[bisect(sent, turn - _BUDGET_WINDOW) : bisect_left(sent, turn + _BUDGET_WINDOW)]
    if len(near) < budget:
        return None
    insort(near, turn)
    for early, late in zip(near, near[budget:], strict=False):
        if early <= turn and late - early < _BUDGET_WINDOW:
            return early + _BUDGET_WINDOW if early < turn else turn
    return None
