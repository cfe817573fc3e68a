"""What a plan refuses, and why, before anything is recorded.

Each guard answers with a `Refusal` (a stable code and a sentence for the person who asked) or None.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from care.local_time import local, local_day
from care.opening import blocking
from schemas.commands import (
    AcknowledgeAlert,
    Actor,
    Amend,
    CancelSession,
    CloseAlert,
    CommandEnvelope,
    DecideApproval,
    Decision,
    PausePlan,
    ReceiveText,
    RecordOutcome,
    Refusal,
    Reschedule,
    Rescreen,
    ResumePlan,
    TextFailed,
    Withdraw,
)
from schemas.plan import AHEAD, Approval, PlanState, SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency

LATE_CANCEL = timedelta(hours=24)

Guard = Callable[[PlanState, Actor, Any, datetime], Refusal | None]


def refuse(state: PlanState, envelope: CommandEnvelope, now: datetime) -> Refusal | None:
    """Why this plan, now, cannot take this command; None when it can."""
    return _GUARDS[type(envelope.command)](state, envelope.actor, envelope.command, now)


def _say(state: PlanState, moment: datetime) -> str:
    return f"{local(state.protocol.hours.zone, moment):%a %d %b %Y at %H:%M}"


def _closed(state: PlanState) -> Refusal | None:
    if state.closed:
        return Refusal(
            code="plan_closed", sentence=f"This plan is {state.stage}; nothing more can be changed in it."
        )
    return None


def _active(state: PlanState, what: str) -> Refusal | None:
    if state.stage is Stage.active:
        return None
    return Refusal(
        code="plan_not_active",
        sentence=f"The plan is {state.stage}, so {what}. It must be active first.",
    )


def _clinician(actor: Actor, what: str) -> Refusal | None:
    if actor.decides:
        return None
    return Refusal(
        code="not_a_clinician",
        sentence=f"Only a registered physiotherapist may {what}. Ask the treating physiotherapist.",
    )


def _decide(state: PlanState, actor: Actor, command: DecideApproval, now: datetime) -> Refusal | None:
    approval = state.approval(command.approval_id)
    if approval is None:
        return Refusal(
            code="already_decided",
            sentence="This approval is no longer open: it was decided, or its question has lapsed.",
        )
    refusal = _clinician(actor, f"decide on {approval.kind}") or _closed(state)
    if refusal is not None or command.decision is Decision.reject:
        return refusal or _rejectable(state, approval)
    if command.decision is Decision.edit and command.reason_id is None:
        return Refusal(code="reason_missing", sentence="An edited proposal needs the reason why it differs.")
    return _DECISION_GUARDS[approval.kind](state, approval, command, now)


def _rejectable(state: PlanState, approval: Approval) -> Refusal | None:
    running = state.stage in (Stage.active, Stage.suspended)
    if running and approval.kind in (ApprovalKind.clearance, ApprovalKind.rescreen):
        return Refusal(
            code="needs_an_outcome",
            sentence="A running plan cannot go on without this. Record the document, or discharge the client.",
        )
    return None


def _start(state: PlanState, approval: Approval, command: DecideApproval, now: datetime) -> Refusal | None:
    first = command.edit.first_session_at if command.edit else None
    if first is not None and first <= now:
        return Refusal(
            code="slot_in_past",
            sentence=f"The first session cannot be on {_say(state, first)}: that time has passed.",
        )
    held = blocking(state)
    if held:
        return Refusal(
            code="holds_open",
            sentence="These must be discharged first: " + ", ".join(h.hold.rule for h in held) + ".",
        )
    if not state.safe_to_start:
        return Refusal(code="alert_open", sentence="An urgent alert (E0 or E1) is open; close it first.")
    return None


def _clearance(
    state: PlanState, approval: Approval, command: DecideApproval, now: datetime
) -> Refusal | None:
    until = command.document_valid_until
    if until is None or until <= local_day(state.protocol.hours, now):
        return Refusal(
            code="document_not_valid",
            sentence="State until when the document is valid; one that has run out keeps the hold open.",
        )
    return None


def _rescreen_first(
    state: PlanState, approval: Approval, command: DecideApproval, now: datetime
) -> Refusal | None:
    return Refusal(
        code="rescreen_needed",
        sentence="A date alone lifts nothing (ALG-7): repeat the screening questions, then decide.",
    )


def _taper(state: PlanState, approval: Approval, command: DecideApproval, now: datetime) -> Refusal | None:
    refusal = _active(state, "its step cannot change")
    if refusal is not None:
        return refusal
    if command.decision is Decision.edit and command.step is None:
        return Refusal(code="step_missing", sentence="Say which step the plan should have instead.")
    if command.step is not None and command.step not in {r.step for r in state.protocol.taper.ladder}:
        return Refusal(code="unknown_step", sentence=f"{command.step} is not on this plan's ladder.")
    return None


def _resume_approval(
    state: PlanState, approval: Approval, command: DecideApproval, now: datetime
) -> Refusal | None:
    return resumable(state)


def resumable(state: PlanState) -> Refusal | None:
    """Why a suspended plan may not go on yet (MID-3)."""
    if state.stage is not Stage.suspended:
        return Refusal(
            code="not_suspended", sentence=f"The plan is {state.stage}; there is nothing to resume."
        )
    if not state.safe_to_start:
        return Refusal(
            code="alert_open", sentence="An urgent alert (E0 or E1) is open; close it with its outcome first."
        )
    if state.screening.repeat_items:
        items = ", ".join(state.screening.repeat_items)
        return Refusal(
            code="rescreen_needed", sentence=f"Repeat these screening questions first (MID-3): {items}."
        )
    held = blocking(state)
    if held:
        return Refusal(
            code="holds_open",
            sentence="These must be discharged first: " + ", ".join(h.hold.rule for h in held) + ".",
        )
    return None


_DECISION_GUARDS: dict[
    ApprovalKind, Callable[[PlanState, Approval, DecideApproval, datetime], Refusal | None]
] = {
    ApprovalKind.start: _start,
    ApprovalKind.clearance: _clearance,
    ApprovalKind.rescreen: _rescreen_first,
    ApprovalKind.taper: _taper,
    ApprovalKind.discharge: _taper,
    ApprovalKind.resume: _resume_approval,
}


def _known_session(state: PlanState, number: int) -> Refusal | None:
    if state.session(number) is None:
        return Refusal(code="unknown_session", sentence=f"This plan has no session {number}.")
    return None


def _outcome(state: PlanState, actor: Actor, command: RecordOutcome, now: datetime) -> Refusal | None:
    refusal = _closed(state) or _known_session(state, command.session_no)
    session = state.session(command.session_no)
    if refusal is not None or session is None:
        return refusal
    if session.status is not SessionStatus.booked:
        return Refusal(
            code="session_not_booked",
            sentence=f"Session {session.no} is {session.status}; an outcome needs a booked session.",
        )
    earliest = session.starts_at
    if command.outcome is SessionStatus.late_cancel:
        earliest -= LATE_CANCEL
    if now < earliest:
        return Refusal(
            code="session_not_happened",
            sentence=f"Session {session.no} is on {_say(state, session.starts_at)}; it has not happened yet.",
        )
    return None


def _reschedule(state: PlanState, actor: Actor, command: Reschedule, now: datetime) -> Refusal | None:
    refusal = _ahead(state, command.session_no, "moved") or _active(state, "no session can be moved")
    if refusal is not None:
        return refusal
    if command.starts_at <= now:
        return Refusal(
            code="slot_in_past",
            sentence=f"{_say(state, command.starts_at)} has passed; choose a time still to come.",
        )
    return None


def _ahead(state: PlanState, number: int, what: str) -> Refusal | None:
    refusal = _closed(state) or _known_session(state, number)
    session = state.session(number)
    if refusal is not None or session is None:
        return refusal
    if session.status not in AHEAD:
        return Refusal(
            code="session_over", sentence=f"Session {number} is {session.status}; it cannot be {what}."
        )
    return None


def _cancel(state: PlanState, actor: Actor, command: CancelSession, now: datetime) -> Refusal | None:
    refusal = _ahead(state, command.session_no, "cancelled")
    session = state.session(command.session_no)
    if refusal is None and session is not None and session.starts_at <= now:
        return Refusal(
            code="session_begun",
            sentence=f"Session {session.no} began on {_say(state, session.starts_at)}; record its outcome instead.",
        )
    return refusal


def _pause(state: PlanState, actor: Actor, command: PausePlan, now: datetime) -> Refusal | None:
    refusal = _closed(state) or _active(state, "it cannot be paused")
    if refusal is None and command.until is not None and command.until <= now:
        return Refusal(code="slot_in_past", sentence="The pause would end before it begins.")
    return refusal


def _resume(state: PlanState, actor: Actor, command: ResumePlan, now: datetime) -> Refusal | None:
    if state.stage is not Stage.suspended or actor.decides:
        return _closed(state) or resumable(state)
    return None


def _open_plan(state: PlanState, actor: Actor, command: Any, now: datetime) -> Refusal | None:
    return _closed(state)


def _amend(state: PlanState, actor: Actor, command: Amend, now: datetime) -> Refusal | None:
    first = command.edit.first_session_at
    if first is not None and first <= now:
        return Refusal(code="slot_in_past", sentence=f"{_say(state, first)} has passed.")
    return _closed(state) or _clinician(actor, "change a plan's protocol")


def _always(state: PlanState, actor: Actor, command: Any, now: datetime) -> Refusal | None:
    return None


def _alert(state: PlanState, actor: Actor, command: Any, now: datetime) -> Refusal | None:
    if state.alert(command.alert_id) is None:
        return Refusal(code="alert_closed", sentence="This alert is no longer open.")
    return None


def _close_alert(state: PlanState, actor: Actor, command: CloseAlert, now: datetime) -> Refusal | None:
    alert = state.alert(command.alert_id)
    if alert is None:
        return _alert(state, actor, command, now)
    if alert.urgency is Urgency.E3:
        return None
    refusal = _clinician(actor, f"close an {alert.urgency} alert")
    if refusal is None and command.note_id is None:
        return Refusal(
            code="note_missing", sentence="Write what was found and done; the alert closes with it."
        )
    return refusal


_GUARDS: dict[type, Guard] = {
    DecideApproval: _decide,
    RecordOutcome: _outcome,
    Reschedule: _reschedule,
    CancelSession: _cancel,
    PausePlan: _pause,
    ResumePlan: _resume,
    Withdraw: _open_plan,
    Amend: _amend,
    ReceiveText: _always,
    TextFailed: _always,
    AcknowledgeAlert: _alert,
    CloseAlert: _close_alert,
    Rescreen: _open_plan,
}
