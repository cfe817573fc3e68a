"""What happens when an agenda item falls due.

Most items change the plan and are recorded. Texts are different (`care.due_texts`); here is only what happens to
one whose use has passed.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from care.adverse import call_due
from care.agenda import owner_of
from care.alerts import escalated
from care.assessing import note_missing
from care.booking import top_up
from care.checkins import ask_next, question_key
from care.draft import Draft
from care.due_texts import DueText, by_calendar, due_text, why_not_now
from care.held_regions import leave_out_held_regions
from care.local_time import after_staffed
from care.named import the_alert, the_approval, the_session
from care.opening import (
    NOT_STARTED,
    ask_for_clearance,
    ask_for_clearances,
    ask_to_rescreen,
    await_next,
    blocking,
)
from care.pausing import ask_to_resume, hold_late, lapse, suspend
from care.screening_age import ask_again_before
from care.taper_steps import lapse_fewer_visits
from care.which import never_told_which
from schemas.alerts import Alert, AlertReason
from schemas.events import EventKind
from schemas.plan import TEXT_KINDS, AgendaItem, AgendaKind, Approval, PlanState, SessionStatus, Stage
from schemas.screening import URGENT, Urgency

__all__ = ["DueText", "due_text", "perform", "question_not_asked", "text_not_sent"]

_CHECKINS_KEPT = 6


def perform(state: PlanState, item: AgendaItem, now: datetime) -> Draft:
    """Write what a due item leads to. A text that is not one for now is noted as skipped, with the reason (F02)."""
    draft = Draft(state, now, f"item:{item.key}")
    if item.kind in TEXT_KINDS:
        _skip(draft, item)
    else:
        _PERFORM[item.kind](draft, item)
    return draft


def _skip(draft: Draft, item: AgendaItem) -> None:
    why = why_not_now(draft.state, item, draft.now)
    draft.mark_done(item.key)
    if by_calendar(item) and item.subject:
        draft.put_off(question_key(item.subject), ask_next(draft.protocol.hours, draft.now))
    if item.kind is AgendaKind.prompt_reminder:
        draft.set(
            prompts=tuple(p.but(reasked=True) if p.key == item.subject else p for p in draft.state.prompts)
        )
    draft.event(EventKind.text_skipped, item.rule, key=item.key, due=item.due.isoformat(), reason=why)


def _outcome_missing(draft: Draft, item: AgendaItem) -> None:
    """Nobody said what became of a visit: somebody is asked, and the series goes on meanwhile."""
    draft.mark_done(item.key)
    draft.put_session(the_session(draft.state, item.session_no).but(outcome_missing=True))
    draft.raise_alert(AlertReason.outcome_missing, Urgency.E3, item.rule, session_no=item.session_no)
    top_up(draft)


def _prompt_expired(draft: Draft, item: AgendaItem) -> None:
    """Silence is counted, never read as recovery: two run to the telephone, three hold the taper."""
    prompt = next((p for p in draft.state.prompts if p.key == item.subject), None)
    draft.drop_prompt(item.subject or "")
    if prompt is not None and prompt.undecided is not None:
        never_told_which(draft, prompt.undecided.inbound_id, prompt.undecided.alerts)
        return
    progress = draft.state.progress
    run = progress.silent_run + 1
    draft.progress(silent_run=run, checkins=(*progress.checkins[1 - _CHECKINS_KEPT :], False))
    draft.event(EventKind.checkin_unanswered, "AL-12", prompt=item.subject, run=run)
    holds = run >= draft.protocol.silent_hold_after
    if run >= draft.protocol.silent_phone_after:
        draft.raise_alert(AlertReason.silent_client, Urgency.E2 if holds else Urgency.E3, "AL-12")
    if holds:
        lapse_fewer_visits(draft)


def _put_approval(draft: Draft, approval: Approval) -> None:
    draft.set(approvals=tuple([approval if a.id == approval.id else a for a in draft.state.approvals]))


def _approval_reminded(draft: Draft, item: AgendaItem) -> None:
    approval = the_approval(draft.state, item.subject)
    _put_approval(draft, approval.but(reminded=True))
    draft.event(EventKind.approval_reminded, item.rule, approval=approval.id, owner=item.owner)


def _approval_escalated(draft: Draft, item: AgendaItem) -> None:
    """The deadline passed: the next of the chain owns the decision now (F26)."""
    approval = the_approval(draft.state, item.subject)
    minutes = draft.protocol.approval_minutes[approval.kind]
    position = min(approval.chain_position + 1, len(draft.protocol.chain) - 1)
    _put_approval(
        draft,
        approval.but(
            chain_position=position,
            escalations=approval.escalations + 1,
            reminded=True,
            due_at=after_staffed(draft.protocol.hours, draft.now, minutes),
        ),
    )
    draft.event(
        EventKind.approval_escalated,
        item.rule,
        approval=approval.id,
        decision_on=approval.kind,
        owner=owner_of(draft.state, position),
    )


def _proposal_expired(draft: Draft, item: AgendaItem) -> None:
    draft.close_approval(the_approval(draft.state, item.subject), "lapsed")


def _alert_escalated(draft: Draft, item: AgendaItem) -> None:
    """Nobody acted in time: the next of the chain, and their deadline (REQ-13, AL-13)."""
    alert = the_alert(draft.state, item.subject)
    moved = escalated(draft.protocol, alert, draft.now)
    draft.set(alerts=tuple([moved if a is alert else a for a in draft.state.alerts]))
    draft.event(
        EventKind.alert_escalated,
        "AL-13" if alert.contact_by <= draft.now else "escalation_chain",
        alert=alert.id,
        owner=owner_of(draft.state, moved.chain_position),
        escalations=moved.escalations,
    )
    if draft.protocol.alert_terms[alert.urgency].pages:
        draft.page_staff(moved)


def _session_lapsed(draft: Draft, item: AgendaItem) -> None:
    """A session that may not go ahead, or has no slot, is over when its time comes; the series goes on."""
    session = the_session(draft.state, item.session_no)
    if session.status is SessionStatus.booked:
        hold_late(draft, session, item.rule)
        return
    lapse(draft, session, item.rule)
    if session.status is SessionStatus.unplaced:
        draft.close_alerts(AlertReason.slot_needed, "its time has passed", session.no)
        draft.raise_alert(AlertReason.slot_needed, Urgency.E3, item.rule)
    top_up(draft)


def _rescreen_due(draft: Draft, item: AgendaItem) -> None:
    """What the screening deferred comes back by itself; the date lifts nothing (ALG-7)."""
    draft.mark_done(item.key)
    ask_to_rescreen(draft, item.rule, item.subject)


def _clearance_expired(draft: Draft, item: AgendaItem) -> None:
    """A letter past its date no longer clears: the hold is back, and the plan stands still (HAZ-07)."""
    draft.mark_done(item.key)
    holds = tuple(
        held.but(discharged_at=None, discharged_by=None, document_valid_until=None)
        if held.key == item.subject
        else held
        for held in draft.state.screening.holds
    )
    draft.set(screening=draft.state.screening.but(holds=holds))
    leave_out_held_regions(draft)
    draft.event(EventKind.hold_expired, item.rule, hold=item.subject)
    if draft.state.stage in NOT_STARTED:
        await_next(draft)
        return
    ask_for_clearances(draft)
    if draft.state.stage is Stage.active and blocking(draft.state):
        suspend(draft, item.rule, ())
    if blocking(draft.state):
        ask_to_resume(draft, item.rule)


def _screening_warned(draft: Draft, item: AgendaItem) -> None:
    """A screening is about to run out; or a letter is, and a new one can be recorded in time."""
    draft.mark_done(item.key)
    if item.subject is None:
        draft.raise_alert(AlertReason.screening_expires, Urgency.E3, item.rule)
    else:
        held = next(held for held in draft.state.screening.holds if held.key == item.subject)
        ask_for_clearance(draft, item.rule, item.subject, held.document_valid_until)


def _screening_expired(draft: Draft, item: AgendaItem) -> None:
    """An old screening clears nobody: sessions are held until all of it is repeated (TAP-SUS-2)."""
    draft.mark_done(item.key)
    draft.raise_alert(AlertReason.screening_expires, Urgency.E2, item.rule)
    suspend(draft, item.rule, ())
    ask_to_resume(draft, item.rule)


def _screening_too_old(draft: Draft, item: AgendaItem) -> None:
    """A session comes on which the screening will be too old: somebody asks the questions again before it."""
    draft.mark_done(item.key)
    session = draft.state.session(item.session_no or 0)
    terms = ask_again_before(draft.state, session) if session is not None else None
    if terms is None:
        return
    if terms.assess:
        draft.set(assessment=None)
    draft.raise_alert(
        AlertReason.screening_expires,
        Urgency.E3,
        item.rule,
        session_no=item.session_no,
        screening_items=terms.items,
    )


def _review_due(draft: Draft, item: AgendaItem) -> None:
    draft.mark_done(item.key)
    draft.raise_alert(AlertReason.review_due, Urgency.E3, item.rule)


def _pause_ended(draft: Draft, item: AgendaItem) -> None:
    """The agreed day has come: a therapist says whether the plan goes on."""
    draft.mark_done(item.key)
    ask_to_resume(draft, item.rule)


def _assessment_due(draft: Draft, item: AgendaItem) -> None:
    """The first hands-on session begins and nobody has recorded the assessment (ALG-9)."""
    draft.mark_done(item.key)
    note_missing(draft, item.rule, item.session_no)


_PERFORM: dict[AgendaKind, Callable[[Draft, AgendaItem], None]] = {
    AgendaKind.after_session: _outcome_missing,
    AgendaKind.prompt_expiry: _prompt_expired,
    AgendaKind.approval_reminder: _approval_reminded,
    AgendaKind.approval_escalation: _approval_escalated,
    AgendaKind.proposal_expiry: _proposal_expired,
    AgendaKind.alert_escalation: _alert_escalated,
    AgendaKind.contact_overdue: _alert_escalated,
    AgendaKind.session_lapse: _session_lapsed,
    AgendaKind.rescreen_due: _rescreen_due,
    AgendaKind.clearance_expiry: _clearance_expired,
    AgendaKind.screening_warning: _screening_warned,
    AgendaKind.screening_expiry: _screening_expired,
    AgendaKind.screening_too_old: _screening_too_old,
    AgendaKind.review_due: _review_due,
    AgendaKind.pause_ends: _pause_ended,
    AgendaKind.assessment_due: _assessment_due,
    AgendaKind.adverse_follow_up: call_due,
}


def text_not_sent(draft: Draft, key: str, session_no: int | None, unknown: bool, rule: str) -> None:
    """A text that did not, or may not have, reached the client: a person takes over (F09, F10).

    It is as urgent as the alert that the text belongs to: without its words, only a call helps the client.
    """
    reason = AlertReason.text_unknown if unknown else AlertReason.text_undelivered
    emergencies = (a for a in draft.state.alerts if a.urgency in URGENT)
    belongs_to = (a.urgency for a in emergencies if a.rule == rule or _says(key, a))
    urgency = Urgency.most_urgent(belongs_to) or Urgency.E3
    draft.raise_alert(reason, urgency, rule, session_no=session_no, subject=key)


def question_not_asked(draft: Draft, key: str, reason: str) -> None:
    """A question was kept back at the last moment: nobody waits for its answer, and silence means nothing."""
    asked = key.removeprefix(f"{draft.state.plan_id}:")
    draft.drop_prompt(asked)
    draft.event(EventKind.text_skipped, None, key=asked, reason=reason)


def _says(key: str, alert: Alert) -> bool:
    """Whether a text's key names this alert: its page, the answer to its text, or its screening's one text."""
    names = {alert.id, alert.subject} | (
        {"screening"} if alert.reason is AlertReason.urgent_referral else set()
    )
    return not names.isdisjoint(key.split(":"))
