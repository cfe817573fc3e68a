"""Commands, one table: what each does to a plan once its guard has let it pass."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

from care.adverse import follow_up, report
from care.answers import receive_text
from care.approving import amend, decide_approval
from care.assessing import record_assessment
from care.attending import acknowledge, close_alert, rescreen
from care.booking import without_slots
from care.day_questions import answer_day_questions
from care.draft import Draft
from care.overriding import override_hold, override_restriction
from care.pack_change import rules_changed
from care.pausing import discharge, pause_plan, resume_plan, withdraw
from care.performing import question_not_asked, text_not_sent
from care.sessions import cancel_session, record_outcome, reschedule
from care.telephone import answer_check_in
from schemas.alerts import AlertReason
from schemas.commands import (
    AcknowledgeAlert,
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
    ReportAdverseEvent,
    Reschedule,
    Rescreen,
    ResumePlan,
    RulesChanged,
    TextFailed,
    Withdraw,
)
from schemas.events import EventKind
from schemas.plan import PlanState
from schemas.screening import Urgency
from schemas.transition import ReplyFinding, SlotConflict


def decide(
    state: PlanState, envelope: CommandEnvelope, now: datetime, finding: ReplyFinding | None = None
) -> Draft:
    """Write what a command leads to. `finding` is the reading of the text, for a text."""
    command, command_id = envelope.command, envelope.command_id
    draft = Draft(state, now, f"command:{command_id}", envelope.actor, command_id)
    if isinstance(command, ReceiveText):
        if finding is None:
            raise ValueError("a text must be read before it is decided on")
        receive_text(draft, command, finding)
    else:
        _HANDLERS[type(command)](draft, command)
    return draft


def _text_failed(draft: Draft, command: TextFailed) -> None:
    if command.not_asked:
        question_not_asked(draft, command.message_key, command.error_class)
        return
    unknown = command.unknown_under is not None
    rule = command.unknown_under or command.error_class
    text_not_sent(draft, command.message_key, command.session_no, unknown, rule)


_HANDLERS: dict[type, Callable[[Draft, Any], None]] = {
    DecideApproval: decide_approval,
    RecordOutcome: record_outcome,
    AnswerDayQuestions: answer_day_questions,
    RecordAssessment: record_assessment,
    ReportAdverseEvent: report,
    FollowUpAdverseEvent: follow_up,
    AnswerCheckIn: answer_check_in,
    Reschedule: reschedule,
    CancelSession: cancel_session,
    PausePlan: pause_plan,
    ResumePlan: resume_plan,
    Withdraw: withdraw,
    DischargePlan: discharge,
    Amend: amend,
    TextFailed: _text_failed,
    AcknowledgeAlert: acknowledge,
    CloseAlert: close_alert,
    Rescreen: rescreen,
    RulesChanged: rules_changed,
    OverrideHold: override_hold,
    OverrideRestriction: override_restriction,
}


def with_conflicts(draft: Draft, conflicts: tuple[SlotConflict, ...]) -> Draft:
    """The same step with the refused slots left open: a person finds them a time (F21).

    The free slots stay claimed; each refused one is an open alert with the alternatives beside it.
    """
    for session in without_slots(draft.state, conflicts):
        draft.put_session(session)
        draft.release_slot(session.no)
        draft.untell(session)
        conflict = next(c for c in conflicts if c.session_no == session.no)
        draft.event(
            EventKind.session_unplaced,
            "SLOT-NEEDED",
            session=session.no,
            wanted=conflict.starts_at.isoformat(),
            reason=conflict.reason,
            alternatives=tuple(at.isoformat() for at in conflict.alternatives),
        )
        draft.raise_alert(AlertReason.slot_needed, Urgency.E3, "SLOT-NEEDED", session_no=session.no)
    return draft
