"""When the check-in schedule asks what (SCH-1 … SCH-8), within the client's contact budget."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from care.local_time import days_later, instant, local_day, out_of_quiet
from schemas.plan import PlanState, Session, SessionStatus
from schemas.protocol import SiteHours

SORE_LIFE = timedelta(hours=28)
"""SCH-1 asks 20-28 hours after the session; later the answer would mean something else."""

_ASK_AT = time(11)
_GAP = timedelta(hours=24)
_BUDGET_WINDOW = timedelta(days=7)
_EARLY_SESSIONS = 3
_SORE_ADDS_DAY3 = 4
_LOOKED_AT = 5


def sore_due(hours: SiteHours, session: Session) -> datetime:
    """The same wall time on the next day, moved out of quiet hours (SCH-1)."""
    return out_of_quiet(hours, days_later(hours, session.starts_at, 1))


def day3_due(state: PlanState, session: Session) -> datetime | None:
    """When CHK-PAIN is asked on day 3 (SCH-2), or None where the rule does not ask.

    It asks after the first three sessions, after the first session at a new step, and when soreness
    was 4 or more.
    """
    progress, hours = state.progress, state.protocol.hours
    attended = [s for s in state.sessions if s.status is SessionStatus.attended]
    early = progress.sessions_completed <= _EARLY_SESSIONS and session in attended[-_EARLY_SESSIONS:]
    first_at_step = session.step is progress.step and next(
        (s.no for s in attended if s.starts_at >= progress.step_entered_at), None
    ) == (session.no)
    sore = any(
        a.question == "CHK-SORE"
        and a.value >= _SORE_ADDS_DAY3
        and session.starts_at < a.at < session.starts_at + timedelta(days=3)
        for a in progress.answers
    )
    if not (early or first_at_step or sore):
        return None
    return instant(hours.zone, local_day(hours, session.starts_at) + timedelta(days=3), _ASK_AT)


def routine_questions(state: PlanState) -> Iterator[tuple[str, str, datetime]]:
    """The next turn of each scheduled question: (rule, question, instant).

    A question's turn comes its number of days after it was last asked, or after the plan's start. Turns are
    at least 24 hours apart, and the budget of routine texts in 7 days pushes what does not fit.
    """
    protocol, progress = state.protocol, state.progress
    if progress.started_at is None:
        return
    last = dict(state.routine_sent)
    wanted = []
    for rule in protocol.routine:
        days = rule.every_days.get(progress.step)
        if days is None:
            continue
        since = max(last.get(rule.ask, progress.started_at), progress.started_at)
        day = local_day(protocol.hours, since) + timedelta(days=days)
        wanted.append((instant(protocol.hours.zone, day, _ASK_AT), rule.rule, rule.ask))
    sent = sorted([*(at for _, at in state.routine_sent), *_promised(state)])
    for due, name, question in sorted(wanted):
        turn = _fit(protocol.hours, due, sent, protocol.max_routine_per_7_days)
        sent = sorted([*sent, turn])
        yield name, question, turn


def _promised(state: PlanState) -> Iterator[datetime]:
    """Questions about sessions that are still to be asked: they keep their place before the routine ones."""
    hours = state.protocol.hours
    for session in state.sessions[-_LOOKED_AT:]:
        asked = f"s{session.no}:sore" in state.done
        if session.status in (SessionStatus.booked, SessionStatus.attended) and not asked:
            yield sore_due(hours, session)
        if session.status is SessionStatus.attended and f"s{session.no}:day3" not in state.done:
            third_day = day3_due(state, session)
            if third_day is not None:
                yield third_day


def _fit(hours: SiteHours, due: datetime, sent: list[datetime], budget: int) -> datetime:
    """The first instant from `due` on that keeps the 24-hour gap and the 7-day budget."""
    turn = due
    for _ in range(_BUDGET_WINDOW.days * 2):
        near = [at for at in sent if abs(turn - at) < _GAP]
        recent = [at for at in sent if turn - _BUDGET_WINDOW < at <= turn]
        if not near and len(recent) < budget:
            break
        turn = instant(hours.zone, local_day(hours, turn) + timedelta(days=1), _ASK_AT)
    return turn
