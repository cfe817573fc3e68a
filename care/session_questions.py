"""The questions about a session: soreness on the next day (SCH-1), pain on the third (SCH-2).

They are a matter of safety and always asked; they use the contact budget up, and may exceed it.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import NamedTuple

from care.done_keys import keys_done
from care.gists import Gists, gist_of
from care.local_time import calendar_day, instant, moved_out_of_quiet, wall_time_days_later
from care.same_again import same_again
from care.told import by_question
from schemas.plan import AHEAD, PlanState, Session, SessionStatus
from schemas.protocol import Protocol, SessionChecks

ASK_AT = time(11)
"""When a question that belongs to a day is asked, local time."""

ASKED_BACK = 3
"""How many attended sessions back a plan still asks about."""

LOOKED_AT = 5
"""How many sessions back their questions are counted in the contact budget."""


@same_again
def sessions_ahead(sessions: tuple[Session, ...]) -> tuple[Session, ...]:
    """The sessions that wait for their time or their outcome."""
    return tuple([s for s in sessions if s.status in AHEAD])


class AboutSession(NamedTuple):
    """When a session is asked about: on the next day, and on the third where SCH-2 asks."""

    session: Session
    sore_at: datetime
    day3_at: datetime | None


def sore_due(protocol: Protocol, starts_at: datetime) -> datetime:
    """The same wall time on the next day, moved out of quiet hours (SCH-1).

    After an evening session the quiet hours end too late for the answer to mean the same: then 20 hours after.
    """
    return asked_after(protocol)(starts_at)[0]


_AskedAfter = Callable[[datetime], tuple[datetime, datetime]]


@same_again
def asked_after(protocol: Protocol) -> _AskedAfter:
    """When a session that starts at an instant is asked about on the next day, and when on the third."""
    hours = protocol.hours
    return _asked_by(hours.zone, hours.quiet_start, hours.quiet_end, protocol.about_sessions)


@lru_cache(maxsize=64)
def _asked_by(zone: str, quiet_start: time, quiet_end: time, terms: SessionChecks) -> _AskedAfter:
    @lru_cache(maxsize=1024)
    def asked(starts_at: datetime) -> tuple[datetime, datetime]:
        next_day = wall_time_days_later(zone, starts_at, terms.sore_after_days)
        sore = moved_out_of_quiet(zone, quiet_start, quiet_end, next_day)
        if sore >= starts_at + terms.sore_until:
            sore = moved_out_of_quiet(zone, quiet_start, quiet_end, starts_at + terms.sore_from)
        third_day = calendar_day(zone, starts_at) + timedelta(days=terms.pain_after_days)
        return sore, moved_out_of_quiet(zone, quiet_start, quiet_end, instant(zone, third_day, ASK_AT))

    return asked


@gist_of("progress.answers", "protocol")
def sore_answers(state: PlanState) -> tuple[datetime, ...]:
    """When the client was left sore: CHK-SORE answered with 4 or more (SCH-2, AL-06)."""
    sore = by_question(state.progress.answers).get("CHK-SORE", ())
    least = state.protocol.about_sessions.if_sore_at_least
    return tuple([a.at for a in sore if a.value >= least])


class _Latest(NamedTuple):
    """What the questions about sessions depend on: not whether a visit to come has been confirmed."""

    attended: tuple[Session, ...]
    """All that are still in the plan."""
    booked: tuple[tuple[int, datetime], ...]
    """Number and start of those booked among the latest."""
    oldest: int
    """The first number of the latest; 0 where there are none."""


@gist_of("sessions")
def _latest(state: PlanState) -> _Latest:
    """The latest sessions."""
    latest, attended, booked = state.sessions[-LOOKED_AT:], SessionStatus.attended, SessionStatus.booked
    return _Latest(
        tuple([s for s in state.sessions if s.status is attended]),
        tuple([(s.no, s.starts_at) for s in latest if s.status is booked]),
        latest[0].no if latest else 0,
    )


class SessionQuestions(NamedTuple):
    """What a plan asks about its latest sessions, asked already or not."""

    attended: tuple[AboutSession, ...]
    """When those attended are asked about."""
    counted: tuple[tuple[str, datetime], ...]
    """What uses the contact budget up, also about those to come: agenda key, instant."""


@gist_of(
    "protocol",
    "progress.step",
    "progress.step_entered_at",
    "progress.sessions_completed",
    "progress.new_technique_in",
    gists=(_latest, sore_answers),
)
def session_questions(state: PlanState, gists: Gists) -> SessionQuestions:
    """What a plan asks about its latest sessions."""
    latest = gists[_latest]
    about = _about_attended(state, latest, gists[sore_answers])
    counted = [
        (f"s{number}:sore", sore_due(state.protocol, starts_at)) for number, starts_at in latest.booked
    ]
    for session, sore_at, day3_at in about:
        if session.no >= latest.oldest:
            counted.append((f"s{session.no}:sore", sore_at))
            if day3_at is not None:
                counted.append((f"s{session.no}:day3", day3_at))
    return SessionQuestions(about, tuple(counted))


def _about_attended(
    state: PlanState, latest: _Latest, sore: tuple[datetime, ...]
) -> tuple[AboutSession, ...]:
    """Day 3 asks after the first three sessions, after the first at a new step or with a new technique, and when
    soreness was 4 or more (SCH-2).
    """
    progress, attended, terms = state.progress, latest.attended, state.protocol.about_sessions
    recent = [s for s in attended if s.no >= latest.oldest]
    if len(recent) < ASKED_BACK:
        recent = list(attended[-ASKED_BACK:])
    many = terms.first_sessions
    early = attended[-many:] if 0 < progress.sessions_completed <= many else ()
    always = {s.no for s in early}
    if terms.after_new_technique:
        always.update(progress.new_technique_in)
    entered = progress.step_entered_at
    first = next((s for s in attended if s.starts_at >= entered), None)
    if terms.after_step_change and first is not None and first.step is progress.step:
        always.add(first.no)
    asked, until_pain = asked_after(state.protocol), timedelta(days=terms.pain_after_days)
    found = []
    for session in recent:
        starts_at = session.starts_at
        sore_at, day3_at = asked(starts_at)
        asks = session.no in always or any(starts_at < at < starts_at + until_pain for at in sore)
        found.append(AboutSession(session, sore_at, day3_at if asks else None))
    return tuple(found)


@gist_of("done", gists=(session_questions,))
def promised(state: PlanState, gists: Gists) -> list[datetime]:
    """When questions about sessions are still to be asked: they keep their place before the routine ones."""
    done = keys_done(state.done)
    return [at for key, at in gists[session_questions].counted if key not in done]
