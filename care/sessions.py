"""What happens to single sessions: their outcome, their moves, their cancellation."""

from __future__ import annotations

from datetime import datetime

from care.assessing import note_missing
from care.booking import ahead, move, top_up
from care.day_questions import note_day, note_not_asked
from care.draft import Draft
from care.goal_scores import assessor, goal_value
from care.guards import LATE_CANCEL
from care.named import the_session
from care.start_condition import hold_begun
from care.taper_steps import note_outcome
from schemas.alerts import AlertReason
from schemas.commands import CLIENT, CancelSession, RecordOutcome, Reschedule
from schemas.events import EventKind
from schemas.messages import TextPurpose
from schemas.plan import CLIENT_MISSED, Score, Session, SessionStatus, Stage
from schemas.screening import Urgency

_ATTENDED = SessionStatus.attended
_RECORDED, _CONFIRMED = EventKind.outcome_recorded, EventKind.session_confirmed
_SETTLED_BY_OUTCOME = (AlertReason.outcome_missing, AlertReason.change_requested)


def record_outcome(draft: Draft, command: RecordOutcome) -> None:
    """The outcome as the therapist saw it; the taper is evaluated next, and the series filled up."""
    session, goal = the_session(draft.state, command.session_no), draft.protocol.primary
    value = goal_value(goal, command)
    draft.put_session(session.but(status=command.outcome, closed_at=draft.now))
    draft.drop_session_prompts(session.no)
    for reason in _SETTLED_BY_OUTCOME:
        draft.close_alerts(reason, "outcome recorded", session.no)
    draft.event(
        _RECORDED,
        "OUTCOME",
        session=session.no,
        outcome=command.outcome,
        pain=command.pain,
        stiffness=command.stiffness,
        primary=value,
        techniques=command.techniques,
        note_id=command.note_id,
    )
    note_day(draft, command.session_no, command.day_check, command.repeat_items)
    if command.start_unmet:
        hold_begun(draft, command.start_unmet)
    if command.outcome is _ATTENDED:
        note_not_asked(draft, session.no, command.not_asked)
        note_missing(draft, "ALG-9", session.no)
        score = Score.of(
            session_no=session.no,
            at=session.starts_at,
            step=session.step,
            pain=command.pain,
            stiffness=command.stiffness,
            primary=value,
            by=None if value is None else assessor(goal, draft.actor),
        )
        note_outcome(draft, session, score, command.techniques)
        short_course(draft)
    elif command.outcome in CLIENT_MISSED:
        draft.progress(missed_run=draft.state.progress.missed_run + 1)
    top_up(draft)
    if command.outcome in CLIENT_MISSED:
        _tell_missed(draft, session)
    draft.evaluate_taper = True


def short_course(draft: Draft) -> None:
    """After the short course the therapist asks: enough already, carry on, or change? (SEED-12)"""
    if draft.state.progress.sessions_completed == draft.protocol.short_course_sessions:
        draft.raise_alert(AlertReason.short_course, Urgency.E3, "taper_policy.short_course")


def _tell_missed(draft: Draft, session: Session) -> None:
    upcoming = ahead(draft.state, draft.now)
    if upcoming and draft.state.stage is Stage.active and draft.state.takes_texts:
        draft.text(
            f"s{session.no}r{session.revision}:missed",
            template="session_missed",
            purpose=TextPurpose.notice,
            rule="NO-SHOW",
            starts_at=(upcoming[0].starts_at,),
        )


def reschedule(draft: Draft, command: Reschedule) -> None:
    """Move one session; the rest of the series stays where it is (F23)."""
    session = the_session(draft.state, command.session_no)
    place_at(draft, session, command.starts_at)
    draft.close_alerts(AlertReason.slot_needed, "slot found", session.no)
    draft.close_alerts(AlertReason.change_requested, "session moved", session.no)


def place_at(draft: Draft, session: Session, start: datetime) -> None:
    """Put a session at a time and tell the client."""
    moved = move(draft, session.but(status=SessionStatus.booked), start)
    draft.text(
        f"s{moved.no}r{moved.revision}:moved",
        template="session_moved",
        purpose=TextPurpose.notice,
        rule="SESSION-MOVED",
        session=moved,
    )


def cancel_session(draft: Draft, command: CancelSession) -> None:
    """Cancel one session and fill the series up again."""
    cancel(draft, the_session(draft.state, command.session_no), by_clinic=command.by_clinic)
    top_up(draft)


def cancel(draft: Draft, session: Session, *, by_clinic: bool) -> None:
    """Take a session off the calendar; by the client within a day of it, it counts as a late cancel."""
    booked = session.status is SessionStatus.booked
    late = booked and not by_clinic and session.starts_at - draft.now < LATE_CANCEL
    status = SessionStatus.late_cancel if late else SessionStatus.cancelled
    draft.put_session(session.but(status=status, closed_at=draft.now))
    draft.release_slot(session.no)
    draft.drop_session_prompts(session.no)
    for reason in (AlertReason.slot_needed, AlertReason.change_requested):
        draft.close_alerts(reason, "session cancelled", session.no)
    if late:
        draft.progress(missed_run=draft.state.progress.missed_run + 1)
    draft.event(EventKind.session_cancelled, None, session=session.no, status=status, by_clinic=by_clinic)
    draft.text(
        f"s{session.no}r{session.revision}:cancelled",
        template="session_cancelled" if by_clinic else "cancelled_by_reply",
        purpose=TextPurpose.notice,
        rule="SESSION-CANCELLED",
        session=session,
    )


def confirm(draft: Draft, session: Session) -> None:
    """The client comes: the second reminder is not needed any more."""
    draft.put_session(session.but(confirmed=True))
    draft.event(_CONFIRMED, None, session=session.no)


def ask_for_change(draft: Draft, session: Session) -> None:
    """The client wants another time: front desk rings."""
    draft.raise_alert(AlertReason.change_requested, Urgency.E3, "REPLY-2", session_no=session.no)
    draft.text(
        f"s{session.no}r{session.revision}:change:{draft.follows}",
        template="change_requested",
        purpose=TextPurpose.notice,
        rule="REPLY-2",
        session=session,
    )


def cancelled_by_reply(draft: Draft, session: Session) -> None:
    """The client answered 3."""
    if draft.actor.id == CLIENT.id:
        draft.progress(last_contact_at=draft.now)
    cancel(draft, session, by_clinic=False)
    top_up(draft)
