"""The questions about a session: soreness on the next day (SCH-1), pain on the third (SCH-2).

They are a matter of safety and always asked; they use the contact budget up, and may exceed it.
"""

from __future__ import annotations

from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from care.done_keys import keys_done
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


def sore_due(hours: SiteHours, starts_at: datetime) -> datetime:
    """The same wall time on the next day, moved out of quiet hours (SCH-1).

    After an evening session the quiet hours end too late for the answer to mean the same: then 20 hours after.
    """
    return _sore_due(hours.zone, hours.quiet_start, hours.quiet_end, starts_at)


@lru_cache(maxsize=1024)
def _sore_due(zone: str, quiet_start: time, quiet_end: time, starts_at: datetime) -> datetime:
    due = moved_out_of_quiet(zone, quiet_start, quiet_end, wall_time_days_later(zone, starts_at, 1))
    if due < starts_at + SORE_LIFE:
        return due
    return moved_out_of_quiet(zone, quiet_start, quiet_end, starts_at + SORE_AFTER)


def _day3_due(hours: SiteHours, starts_at: datetime) -> datetime:
    return _third_day(hours.zone, hours.quiet_start, hours.quiet_end, starts_at)


@lru_cache(maxsize=1024)
def _third_day(zone: str, quiet_start: time, quiet_end: time, starts_at: datetime) -> datetime:
    day = calendar_day(zone, starts_at) + _DAY3
    return moved_out_of_quiet(zone, quiet_start, quiet_end, instant(zone, day, ASK_AT))


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
    latest, attended, booked = sessions[-LOOKED_AT:], SessionStatus.attended, SessionStatus.booked
    return _Latest(
        tuple([s for s in sessions if s.status is attended]),
        tuple([(s.no, s.starts_at) for s in latest if s.status is booked]),
        latest[0].no if latest else 0,
    )


class SessionQuestions(NamedTuple):
    """What a plan asks about its latest sessions, asked already or not."""

    attended: tuple[AboutSession, ...]
    """When those attended are asked about."""
    counted: tuple[tuple[str, datetime], ...]
    """What uses the contact budget up, also about those to come: agenda key, instant."""


SESSION_QUESTIONS = (
    "protocol",
    "sessions",
    "progress.step",
    "progress.step_entered_at",
    "progress.sessions_completed",
    "progress.answers",
)
"""The parts of a plan that tell what it asks about its sessions."""


@same_parts(
    "protocol",
    "progress.step",
    "progress.step_entered_at",
    "progress.sessions_completed",
    closely={_latest: "sessions", sore_answers: "progress.answers"},
)
def session_questions(state: PlanState) -> SessionQuestions:
    """What a plan asks about its latest sessions."""
    hours, (_, booked, oldest) = state.protocol.hours, _latest(state)
    about = _about_attended(state)
    counted = [(f"s{number}:sore", sore_due(hours, starts_at)) for number, starts_at in booked]
    for session, sore_at, day3_at in about:
        if session.no >= oldest:
            counted.append((f"s{session.no}:sore", sore_at))
            if day3_at is not None:
                counted.append((f"s{session.no}:day3", day3_at))
    return SessionQuestions(about, tuple(counted))


def _about_attended(state: PlanState) -> tuple[AboutSession, ...]:
    """Day 3 asks after the first three sessions, after the first session at a new step, and when soreness was 4 or
    more (SCH-2).
    """
    hours, progress, sore = state.protocol.hours, state.progress, sore_answers(state)
    attended, _, oldest = _latest(state)
    recent = [s for s in attended if s.no >= oldest]
    if len(recent) < ASKED_BACK:
        recent = list(attended[-ASKED_BACK:])
    early = attended[-_EARLY_SESSIONS:] if progress.sessions_completed <= _EARLY_SESSIONS else ()
    always = {s.no for s in early}
    entered = progress.step_entered_at
    first = next((s for s in attended if s.starts_at >= entered), None)
    if first is not None and first.step is progress.step:
        always.add(first.no)
    found = []
    for session in recent:
        starts_at = session.starts_at
        asks = session.no in always or (sore and any(starts_at < at < starts_at + _DAY3 for at in sore))
        found.append(
            AboutSession(session, sore_due(hours, starts_at), _day3_due(hours, starts_at) if asks else None)
        )
    return tuple(found)


@same_again
def promised(state: PlanState) -> list[datetime]:
    """When questions about sessions are still to be asked: they keep their place before the routine ones."""
    done = keys_done(state.done)
    return [at for key, at in session_questions(state).counted if key not in done]
