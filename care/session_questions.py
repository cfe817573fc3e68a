"""The questions about a session: soreness on the next day (SCH-1), pain on the third (SCH-2).

They are a matter of safety and always asked; they use the contact budget up, and may exceed it.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from care.local_time import calendar_day, instant, moved_out_of_quiet, wall_time_days_later
from care.same_again import same_again, same_parts
from care.told import by_question
from schemas.plan import AHEAD, PlanState, Session, SessionStatus
from schemas.prompts import Answer
from schemas.protocol import SiteHours

SORE_LIFE = timedelta(hours=28)
"""SCH-1 asks 20-28 hours after the session; later the answer would mean something else."""

SORE_AFTER = timedelta(hours=20)

ASK_AT = time(11)
"""When a question that belongs to a day is asked, local time."""

ASKED_BACK = 3
"""How many attended sessions back a plan still asks about."""

LOOKED_AT = 5
"""How many sessions back their questions are counted in the contact budget."""

_EARLY_SESSIONS = 3
_SORE_ADDS_DAY3 = 4
_DAY3 = timedelta(days=3)


@same_again
def sessions_ahead(sessions: tuple[Session, ...]) -> tuple[Session, ...]:
    """The sessions that wait for their time or their outcome."""
    return tuple([s for s in sessions if s.status in AHEAD])


class AboutSession(NamedTuple):
    """When a session is asked about: on the next day, and on the third where SCH-2 asks."""

    session: Session
    sore_at: datetime
    day3_at: datetime | None


def sore_due(hours: SiteHours, session: Session) -> datetime:
    """The same wall time on the next day, moved out of quiet hours (SCH-1).

    After an evening session the quiet hours end too late for the answer to mean the same: then 20 hours after.
    """
    return _sore_at(hours, session.starts_at)


def _sore_at(hours: SiteHours, starts_at: datetime) -> datetime:
    return _sore_due(hours.zone, hours.quiet_start, hours.quiet_end, starts_at)


@lru_cache(maxsize=1024)
def _sore_due(zone: str, quiet_start: time, quiet_end: time, starts_at: datetime) -> datetime:
    due = moved_out_of_quiet(zone, quiet_start, quiet_end, wall_time_days_later(zone, starts_at, 1))
    if due < starts_at + SORE_LIFE:
        return due
    return moved_out_of_quiet(zone, quiet_start, quiet_end, starts_at + SORE_AFTER)


@lru_cache(maxsize=1024)
def _day3_due(zone: str, quiet_start: time, quiet_end: time, starts_at: datetime) -> datetime:
    third_day = calendar_day(zone, starts_at) + _DAY3
    return moved_out_of_quiet(zone, quiet_start, quiet_end, instant(zone, third_day, ASK_AT))


def sore_answers(state: PlanState) -> tuple[datetime, ...]:
    """When the client was left sore: CHK-SORE answered with 4 or more (SCH-2, AL-06)."""
    return _sore_among(state.progress.answers)


@same_again
def _sore_among(answers: tuple[Answer, ...]) -> tuple[datetime, ...]:
    return tuple([a.at for a in by_question(answers).get("CHK-SORE", ()) if a.value >= _SORE_ADDS_DAY3])


class _Latest(NamedTuple):
    """What the questions about sessions depend on: not whether a visit to come has been confirmed."""

    attended: tuple[Session, ...]
    """All that are still in the plan."""
    booked: tuple[tuple[int, datetime], ...]
    """Number and start of those booked among the latest."""
    oldest: int
    """The first number of the latest; 0 where there are none."""


def _latest(state: PlanState) -> _Latest:
    return _latest_of(state.sessions)


@same_again
def _latest_of(sessions: tuple[Session, ...]) -> _Latest:
    latest = sessions[-LOOKED_AT:]
    return _Latest(
        tuple([s for s in sessions if s.status is SessionStatus.attended]),
        tuple([(s.no, s.starts_at) for s in latest if s.status is SessionStatus.booked]),
        latest[0].no if latest else 0,
    )


ABOUT_ATTENDED = (
    "sessions",
    "progress.step",
    "progress.step_entered_at",
    "progress.sessions_completed",
    "progress.answers",
)
"""The parts of a plan that tell when attended sessions are asked about, beside its protocol."""


@same_parts(
    "protocol",
    "progress.step",
    "progress.step_entered_at",
    "progress.sessions_completed",
    derived=(_latest, sore_answers),
)
def about_attended(state: PlanState) -> tuple[AboutSession, ...]:
    """When the attended sessions are asked about that a plan still looks at.

    Day 3 asks after the first three sessions, after the first session at a new step, and when soreness was 4 or
    more (SCH-2).
    """
    hours, progress = state.protocol.hours, state.progress
    attended, _, oldest_looked_at = _latest(state)
    if not attended:
        return ()
    early = attended[-_EARLY_SESSIONS:] if progress.sessions_completed <= _EARLY_SESSIONS else ()
    first = next((s for s in attended if s.starts_at >= progress.step_entered_at), None)
    always = {s.no for s in early}
    if first is not None and first.step is progress.step:
        always.add(first.no)
    oldest = min(attended[-ASKED_BACK:][0].no, oldest_looked_at)
    sore, found = sore_answers(state), []
    for session in attended:
        if session.no < oldest:
            continue
        zone, starts_at = (hours.zone, hours.quiet_start, hours.quiet_end), session.starts_at
        asks = session.no in always or any(starts_at < at < starts_at + _DAY3 for at in sore)
        third_day = _day3_due(*zone, starts_at) if asks else None
        found.append(AboutSession(session, _sore_due(*zone, starts_at), third_day))
    return tuple(found)


@same_again
def promised(state: PlanState) -> list[datetime]:
    """When questions about sessions are still to be asked: they keep their place before the routine ones."""
    done = keys_done(state.done)
    return [at for key, at in _about_latest(state) if key not in done]


@same_parts("protocol", derived=(_latest, about_attended))
def _about_latest(state: PlanState) -> tuple[tuple[str, datetime], ...]:
    """The questions about the latest sessions, asked or not, those of booked ones included: agenda key, instant."""
    hours, (_, booked, oldest) = state.protocol.hours, _latest(state)
    told = [one for one in about_attended(state) if one.session.no >= oldest]
    return (
        *((f"s{number}:sore", _sore_at(hours, starts_at)) for number, starts_at in booked),
        *((f"s{one.session.no}:sore", one.sore_at) for one in told),
        *((f"s{one.session.no}:day3", one.day3_at) for one in told if one.day3_at is not None),
    )


keys_done = same_again(frozenset[str])
"""The agenda keys that have had their turn, to look one up."""
