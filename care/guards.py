"""What a plan refuses, and why, before anything is recorded.

Each guard answers with a `Refusal` (a stable code and a sentence for the person who asked) or None.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from care.alerts import CLINICAL, day_to_ask, to_ask_again, visit_to_record
from care.day_questions import refuse_day_questions
from care.guards_deciding import (
    refuse_closed,
    refuse_decision,
    refuse_edit,
    refuse_frozen,
    refuse_inactive,
    refuse_lay,
    refuse_running,
    refuse_techniques,
    resumable,
    say,
)
from care.guards_time import refuse_far
from care.guards_treating import refuse_follow_up, refuse_report, refuse_treating
from care.overriding import refuse_override_of_hold, refuse_override_of_restriction
from care.regions import refuse_regions
from care.state_words import SESSIONS, STAGES
from care.telephone import refuse_check_in
from schemas.alerts import Alert
from schemas.commands import (
    AcknowledgeAlert,
    Actor,
    Amend,
    AnswerCheckIn,
    AnswerDayQuestions,
    CancelSession,
    CloseAlert,
    CommandEnvelope,
    DecideApproval,
    DischargePlan,
    FollowUpAdverseEvent,
    OverrideHold,
    OverrideRestriction,
    PausePlan,
    ReceiveText,
    RecordAssessment,
    RecordOutcome,
    Refusal,
    ReportAdverseEvent,
    Reschedule,
    Rescreen,
    ResumePlan,
    RulesChanged,
    TextFailed,
    Withdraw,
)
from schemas.plan import AHEAD, PlanState, Session, SessionStatus, Stage
from schemas.screening import Urgency
from schemas.taper import Step

LATE_CANCEL = timedelta(hours=24)

_BOOKED, _ATTENDED = SessionStatus.booked, SessionStatus.attended


Guard = Callable[[PlanState, Actor, Any, datetime], Refusal | None]


def refuse(state: PlanState, envelope: CommandEnvelope, now: datetime) -> Refusal | None:
    """Why this plan, now, cannot take this command; None when it can."""
    return _GUARDS[type(envelope.command)](state, envelope.actor, envelope.command, now)


def _known_session(state: PlanState, number: int) -> Refusal | None:
    if state.session(number) is None:
        return Refusal(code="unknown_session", sentence=f"This plan has no session {number}.")
    return None


def _outcome(state: PlanState, actor: Actor, command: RecordOutcome, now: datetime) -> Refusal | None:
    """A closed plan still takes the outcome of a visit that took place before it ended."""
    session, outcome = state.session(command.session_no), command.outcome
    if session is None:
        return _known_session(state, command.session_no)
    if session.status is not _BOOKED:
        return refuse_closed(state) or Refusal(
            code="session_not_booked",
            sentence=f"Session {session.no} {SESSIONS[session.status]}; an outcome needs a booked session.",
        )
    earliest = session.starts_at
    if outcome is SessionStatus.late_cancel:
        earliest -= LATE_CANCEL
    if now < earliest:
        return Refusal(
            code="session_not_happened",
            sentence=f"Session {session.no} is on {say(state, session.starts_at)}; it has not happened yet.",
        )
    return refuse_treating(state, session) if outcome is _ATTENDED else None


def _assessment(state: PlanState, actor: Actor, command: RecordAssessment, now: datetime) -> Refusal | None:
    """Made and recorded by a registered physiotherapist (`physical_assessment.approval.by`)."""
    refusal = refuse_closed(state) or refuse_lay(actor, "record a physical assessment")
    return refusal or refuse_techniques(state, command.techniques)


def _reschedule(state: PlanState, actor: Actor, command: Reschedule, now: datetime) -> Refusal | None:
    refusal = _ahead(state, command.session_no, "moved") or refuse_inactive(state, "no session can be moved")
    if refusal is not None:
        return refusal
    session = state.session(command.session_no)
    if session is not None and session.awaits_outcome(now):
        return _outcome_instead(state, session)
    if command.starts_at <= now:
        return Refusal(
            code="slot_in_past",
            sentence=f"{say(state, command.starts_at)} has passed; choose a time still to come.",
        )
    return refuse_far(command.starts_at, now)


def _ahead(state: PlanState, number: int, what: str) -> Refusal | None:
    refusal = refuse_closed(state) or _known_session(state, number)
    session = state.session(number)
    if refusal is not None or session is None:
        return refusal
    if session.status not in AHEAD:
        return Refusal(
            code="session_over", sentence=f"Session {number} {SESSIONS[session.status]}; it cannot be {what}."
        )
    return None


def _cancel(state: PlanState, actor: Actor, command: CancelSession, now: datetime) -> Refusal | None:
    refusal = _ahead(state, command.session_no, "cancelled")
    session = state.session(command.session_no)
    if refusal is None and session is not None and session.starts_at <= now:
        return _outcome_instead(state, session)
    return refusal


def _outcome_instead(state: PlanState, session: Session) -> Refusal:
    return Refusal(
        code="session_begun",
        sentence=f"Session {session.no} began on {say(state, session.starts_at)}; record its outcome instead.",
    )


def _pause(state: PlanState, actor: Actor, command: PausePlan, now: datetime) -> Refusal | None:
    refusal = refuse_closed(state) or refuse_inactive(state, "it cannot be paused")
    if refusal is None and command.until is not None and command.until <= now:
        return Refusal(code="slot_in_past", sentence="The pause would end before it begins.")
    return refusal or refuse_far(command.until, now)


def _resume(state: PlanState, actor: Actor, command: ResumePlan, now: datetime) -> Refusal | None:
    """Anybody may ask for a therapist's approval; a therapist's own word takes effect if the plan is fit for it."""
    return refuse_closed(state) or (resumable(state, now) if actor.decides else refuse_running(state))


def _open_plan(state: PlanState, actor: Actor, command: Any, now: datetime) -> Refusal | None:
    return refuse_closed(state)


def _discharge(state: PlanState, actor: Actor, command: DischargePlan, now: datetime) -> Refusal | None:
    refusal = refuse_closed(state) or refuse_lay(actor, "discharge a client")
    if refusal is None and state.stage not in (Stage.active, Stage.suspended):
        return Refusal(
            code="plan_not_started",
            sentence=f"The plan {STAGES[state.stage]}; it has not begun. Decline it by rejecting what waits.",
        )
    return refusal


def _amend(state: PlanState, actor: Actor, command: Amend, now: datetime) -> Refusal | None:
    refusal = refuse_closed(state) or refuse_lay(actor, "change a plan's protocol")
    return (
        refusal
        or refuse_edit(state, command.edit, now)
        or refuse_regions(state, command.regions, command.edit)
        or _new_step(state, command.edit.start_step)
    )


def _new_step(state: PlanState, step: Step | None) -> Refusal | None:
    started = state.stage in (Stage.active, Stage.suspended)
    return refuse_frozen(state, step) if started and step not in (None, state.progress.step) else None


def _always(state: PlanState, actor: Actor, command: Any, now: datetime) -> Refusal | None:
    return None


def _alert(state: PlanState, actor: Actor, command: Any, now: datetime) -> Refusal | None:
    if state.alert(command.alert_id) is None:
        return Refusal(
            code="alert_closed",
            sentence="This alert is no longer open: somebody has closed it, or its cause has gone.",
        )
    return None


def _close_alert(state: PlanState, actor: Actor, command: CloseAlert, now: datetime) -> Refusal | None:
    """Front desk deals with E3 about bookings and texts; what asks for a clinical judgement is a therapist's."""
    alert = state.alert(command.alert_id)
    if alert is None:
        return _alert(state, actor, command, now)
    if state.closed and alert.subject in {event.id for event in state.adverse}:
        return Refusal(
            code="adverse_event_open",
            sentence="The plan has ended; follow its adverse event up until it is closed, and this closes with it.",
        )
    if alert.urgency is Urgency.E3 and alert.reason not in CLINICAL:
        return _no_outcome_yet(state, alert, now) or _not_asked_yet(state, alert)
    refusal = refuse_lay(actor, f"close an {alert.urgency} alert about {alert.reason.replace('_', ' ')}")
    if refusal is None and alert.urgency is not Urgency.E3 and command.note_id is None:
        return Refusal(
            code="note_missing", sentence="Write what was found and done; the alert closes with it."
        )
    return refusal or _ask_again_first(state, alert)


def _ask_again_first(state: PlanState, alert: Alert) -> Refusal | None:
    """MID-4: no session goes ahead until what the alert touches of the screening has been asked again."""
    items = to_ask_again(state, alert)
    if not items:
        return None
    return Refusal(
        code="rescreen_needed",
        sentence=f"Ask these screening questions again first (MID-4): {', '.join(items)}. Then close the alert.",
    )


def _no_outcome_yet(state: PlanState, alert: Alert, now: datetime) -> Refusal | None:
    """Nobody would ask for the outcome again. A plan that has ended may have no way left to record it."""
    session = visit_to_record(state, alert, now)
    if session is None or state.closed:
        return None
    return Refusal(
        code="outcome_missing",
        sentence=f"Session {session.no} still has no outcome. Record what became of it; the alert closes with that.",
    )


def _not_asked_yet(state: PlanState, alert: Alert) -> Refusal | None:
    """A note answers no question: what was not asked at a session is asked before the next one, or there."""
    questions = day_to_ask(state, alert)
    if not questions:
        return None
    return Refusal(
        code="day_not_asked",
        sentence=(
            f"At session {alert.session_no} nobody asked {', '.join(questions)}. Ask the client and record the "
            "answers: the alert closes with them, or with the next session at which they are asked."
        ),
    )


_GUARDS: dict[type, Guard] = {
    DecideApproval: refuse_decision,
    RecordOutcome: _outcome,
    AnswerDayQuestions: refuse_day_questions,
    RecordAssessment: _assessment,
    ReportAdverseEvent: refuse_report,
    FollowUpAdverseEvent: refuse_follow_up,
    AnswerCheckIn: refuse_check_in,
    Reschedule: _reschedule,
    CancelSession: _cancel,
    PausePlan: _pause,
    ResumePlan: _resume,
    Withdraw: _open_plan,
    DischargePlan: _discharge,
    Amend: _amend,
    ReceiveText: _always,
    TextFailed: _always,
    AcknowledgeAlert: _alert,
    CloseAlert: _close_alert,
    Rescreen: _open_plan,
    RulesChanged: _open_plan,
    OverrideHold: refuse_override_of_hold,
    OverrideRestriction: refuse_override_of_restriction,
}
