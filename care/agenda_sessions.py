"""The agenda of each session ahead: its texts, the look for its outcome, and its end where it cannot go ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import time, timedelta
from typing import NamedTuple

from care.agenda_sources import looks_at_each
from care.agenda_texts import SYSTEM, allowed, texts_flow
from care.local_time import instant, local_day
from care.same_again import same_again
from care.session_questions import sessions_ahead, sore_due
from schemas.plan import AgendaItem, AgendaKind, PlanState, Session, SessionStatus

DAY_BEFORE_AT = time(9)
_DAY = timedelta(days=1)
_LAPSE = AgendaKind.session_lapse
_BOOKED = SessionStatus.booked
_REMINDER = AgendaKind.session_reminder
_DAY_BEFORE = AgendaKind.day_before
_AFTER = AgendaKind.after_session


def session_key(session: Session) -> str:
    """A session at one time: moving it makes a new key, so texts about the old time never pass (F05)."""
    return f"s{session.no}r{session.revision}"


@looks_at_each(
    "sessions",
    "stage",
    "texts_on",
    "texts_agreed",
    "texts_since",
    "protocol",
    "pause",
    among=sessions_ahead,
)
def _sessions(state: PlanState, session: Session) -> Iterator[AgendaItem]:
    """What a session ahead leads to by itself: nothing more once somebody has been asked for its outcome."""
    if session.outcome_missing:
        return
    key = session_key(session)
    if session.status is _BOOKED:
        if texts_flow(state):
            if not session.confirmed:
                yield from _reminders(state, session, key)
            yield _day_before(state, session, key)
        if not state.closed:
            yield _outcome(state, session, key)
    lapse = _lapse(state, session)
    if lapse is not None:
        rule, before = lapse
        yield AgendaItem.of(
            key=f"{key}:lapse:{session.status}",
            kind=_LAPSE,
            due=session.starts_at - before,
            rule=rule,
            owner=state.protocol.therapist_id,
            session_no=session.no,
        )


class _Reminder(NamedTuple):
    """A reminder of a visit: how long before it is due, and from when on it is of no use."""

    hours: int
    ahead: timedelta
    until: timedelta


@same_again
def _reminders_at(hours: tuple[int, ...]) -> list[_Reminder]:
    """A reminder is useful until the next one is due, the last until two hours before the visit (F07)."""
    return [
        _Reminder(
            before,
            ahead=timedelta(hours=before),
            until=timedelta(hours=max((later for later in hours if later < before), default=2)),
        )
        for before in hours
    ]


def _reminders(state: PlanState, session: Session, key: str) -> Iterator[AgendaItem]:
    for hours, ahead, until in _reminders_at(state.protocol.reminder_hours):
        due = session.starts_at - ahead
        if session.placed_at is None or due > session.placed_at:
            yield AgendaItem.of(
                key=f"{key}:remind-{hours}",
                kind=_REMINDER,
                due=allowed(state, due),
                expires=session.starts_at - until,
                rule=f"REMIND-{hours}",
                owner=SYSTEM,
                session_no=session.no,
            )


def _day_before(state: PlanState, session: Session, key: str) -> AgendaItem:
    """The question of the day before (SCH-8: "see you tomorrow")."""
    hours = state.protocol.hours
    day = local_day(hours, session.starts_at)
    asked_at = instant(hours.zone, day - _DAY, DAY_BEFORE_AT)
    return AgendaItem.of(
        key=f"{key}:day-before",
        kind=_DAY_BEFORE,
        due=allowed(state, max(asked_at, session.placed_at or asked_at)),
        expires=instant(hours.zone, day, time()),
        rule="SCH-8",
        owner=SYSTEM,
        session_no=session.no,
    )


def _outcome(state: PlanState, session: Session, key: str) -> AgendaItem:
    """The morning after a visit: a look for the outcome that nobody recorded."""
    return AgendaItem.of(
        key=f"{key}:outcome",
        kind=_AFTER,
        due=sore_due(state.protocol, session.starts_at),
        rule="OUTCOME-DUE",
        owner=state.protocol.therapist_id,
        session_no=session.no,
    )


def _lapse(state: PlanState, session: Session) -> tuple[str, timedelta] | None:
    """Why a session would not go ahead, and how long before its time it lapses for that.

    A held session whose time comes does not go ahead; one without a slot is looked for again. A visit after a pause
    that nobody has ended a day before is held too.
    """
    if state.pause is not None and session.status is _BOOKED:
        return _PAUSED if session.starts_at > state.pause.since else None
    return _LAPSES.get(session.status)


_PAUSED = ("PAUSE", timedelta(hours=24))
_LAPSES = {
    SessionStatus.held: ("MID-1", timedelta()),
    SessionStatus.unplaced: ("SLOT-NEEDED", timedelta(hours=1)),
}

SESSION_SOURCES = (_sessions,)
