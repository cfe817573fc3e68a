"""The agenda of each session ahead: its texts, the look for its outcome, and its end where it cannot go ahead."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from care.agenda_memory import looks_at_each
from care.agenda_texts import SYSTEM, allowed, texts_flow
from care.local_time import instant, local_day
from care.session_questions import sessions_ahead, sore_due
from schemas.plan import AgendaItem, AgendaKind, PlanState, Session, SessionStatus

DAY_BEFORE_AT = time(9)


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
    """What a session ahead leads to by itself."""
    key = session_key(session)
    if session.status is SessionStatus.booked:
        if texts_flow(state):
            if not session.confirmed:
                yield from _reminders(state, session, key)
            yield _day_before(state, session, key)
        if not state.closed:
            yield _outcome(state, session, key)
    lapse = _lapse(state, session)
    if lapse is not None:
        rule, before = lapse
        yield AgendaItem(
            key=f"{key}:lapse:{session.status}",
            kind=AgendaKind.session_lapse,
            due=session.starts_at - before,
            rule=rule,
            owner=state.protocol.therapist_id,
            session_no=session.no,
        )


def _reminders(state: PlanState, session: Session, key: str) -> Iterator[AgendaItem]:
    for before in state.protocol.reminder_hours:
        due = session.starts_at - timedelta(hours=before)
        if session.placed_at is None or due > session.placed_at:
            yield AgendaItem(
                key=f"{key}:remind-{before}",
                kind=AgendaKind.session_reminder,
                due=allowed(state, due),
                expires=_reminder_expiry(state, session, before),
                rule=f"REMIND-{before}",
                owner=SYSTEM,
                session_no=session.no,
            )


def _reminder_expiry(state: PlanState, session: Session, before: int) -> datetime:
    """A reminder is useful until the next one is due, the last until two hours before the visit (F07)."""
    later = [h for h in state.protocol.reminder_hours if h < before]
    return session.starts_at - timedelta(hours=max(later, default=2))


def _day_before(state: PlanState, session: Session, key: str) -> AgendaItem:
    """The question of the day before (SCH-8: "see you tomorrow")."""
    hours = state.protocol.hours
    day = local_day(hours, session.starts_at)
    asked_at = instant(hours.zone, day - timedelta(days=1), DAY_BEFORE_AT)
    return AgendaItem(
        key=f"{key}:day-before",
        kind=AgendaKind.day_before,
        due=allowed(state, max(asked_at, session.placed_at or asked_at)),
        expires=instant(hours.zone, day, time()),
        rule="SCH-8",
        owner=SYSTEM,
        session_no=session.no,
    )


def _outcome(state: PlanState, session: Session, key: str) -> AgendaItem:
    """The morning after a visit: a look for the outcome that nobody recorded."""
    return AgendaItem(
        key=f"{key}:outcome",
        kind=AgendaKind.after_session,
        due=sore_due(state.protocol.hours, session.starts_at),
        rule="OUTCOME-DUE",
        owner=state.protocol.therapist_id,
        session_no=session.no,
    )


def _lapse(state: PlanState, session: Session) -> tuple[str, timedelta] | None:
    """Why a session would not go ahead, and how long before its time it lapses for that.

    A held session whose time comes does not go ahead; one without a slot is looked for again. A visit after a pause
    that nobody has ended a day before is held too.
    """
    if state.pause is not None and session.status is SessionStatus.booked:
        return _PAUSED if session.starts_at > state.pause.since else None
    return _LAPSES.get(session.status)


_PAUSED = ("PAUSE", timedelta(hours=24))
_LAPSES = {
    SessionStatus.held: ("MID-1", timedelta()),
    SessionStatus.unplaced: ("SLOT-NEEDED", timedelta(hours=1)),
}

SESSION_SOURCES = (_sessions,)
