"""A named therapist decides: what each decision does."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from care.booking import claim_again, top_up
from care.draft import Draft
from care.held_regions import leave_out_held_regions
from care.local_time import local_day
from care.named import the_approval
from care.new_goal import take_goal
from care.opening import NOT_STARTED, await_next, blocks_plan
from care.pausing import close_plan, respace_and_tell, resume, tell_visits
from care.regions import change_regions, treat
from care.start_condition import follow_protocol
from care.taper_steps import as_expected, change_step, settled_by
from care.texts_agreed import asks_about_texts, record_agreement, ring_instead
from schemas.alerts import AlertReason
from schemas.commands import Amend, DecideApproval, Decision, ProtocolEdit
from schemas.events import EventKind
from schemas.plan import Approval, HeldRequirement, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency
from schemas.taper import Step


def decide_approval(draft: Draft, command: DecideApproval) -> None:
    """Close the approval with its decision and do what was decided, and nothing else (F27)."""
    approval = the_approval(draft.state, command.approval_id)
    draft.close_approval(approval, command.decision, command.reason_id)
    table = _REJECTED if command.decision is Decision.reject else _APPROVED
    table[approval.kind](draft, approval, command)


def _start(draft: Draft, approval: Approval, command: DecideApproval) -> None:
    if command.regions is not None:
        treat(draft, command.regions, command.reason_id)
    if command.edit is not None and (command.regions is None or command.edit != ProtocolEdit()):
        edit_protocol(draft, command.edit)
    step, goal = draft.protocol.start_step, draft.protocol.primary
    draft.stage(Stage.active, "ALG-9")
    draft.progress(
        step=step,
        step_entered_at=draft.now,
        started_at=draft.now,
        reviewed_at=draft.now,
        last_contact_at=draft.now,
        pain_at_step_entry=draft.protocol.pain_baseline,
        best_at_step=goal.baseline,
        best_by=goal.by,
        primary_at_review=goal.baseline,
        primary_at_review_by=goal.by,
    )
    top_up(draft)
    tell_visits(draft, "visits_booked", "ALG-9")
    if not draft.state.takes_texts:
        ring_instead(draft)


def _decline(draft: Draft, approval: Approval, command: DecideApproval) -> None:
    close_plan(draft, Stage.declined, "P1")


def _clear(draft: Draft, approval: Approval, command: DecideApproval) -> None:
    key = approval.proposal.hold_key
    asked = draft.state.held(key)
    if asks_about_texts(asked):
        record_agreement(draft, command)
    holds = tuple(
        _discharged(draft, held, command) if held.key == key else held for held in draft.state.screening.holds
    )
    follow_protocol(draft, asked, command.surgical)
    draft.set(screening=draft.state.screening.but(holds=holds))
    leave_out_held_regions(draft)
    if draft.state.stage in NOT_STARTED:
        await_next(draft)


def _discharged(draft: Draft, held: HeldRequirement, command: DecideApproval) -> HeldRequirement:
    """A hold with its document. However far the letter reaches, it counts no longer than its rule allows."""
    valid_until = until = command.document_valid_until
    if until is not None and held.hold.valid_days is not None:
        today = local_day(draft.protocol.hours, draft.now)
        valid_until = min(until, today + timedelta(days=held.hold.valid_days))
    draft.event(
        EventKind.hold_discharged,
        held.hold.rule,
        hold=held.key,
        document=held.hold.document,
        valid_until=valid_until.isoformat() if valid_until else None,
        **({"confirmed": command.confirmed} if command.confirmed else {}),
        **({"techniques": command.surgical.allowed} if command.surgical else {}),
    )
    return held.but(discharged_at=draft.now, discharged_by=draft.actor.id, document_valid_until=valid_until)


def _taper(draft: Draft, approval: Approval, command: DecideApproval) -> None:
    step = command.step if command.decision is Decision.edit else approval.proposal.step
    if step is None:
        raise ValueError(f"approval {approval.id} proposes no step")
    _to_step(draft, step, approval)


def _to_step(draft: Draft, step: Step, approval: Approval) -> None:
    rule = approval.proposal.reasons[0] if approval.proposal.reasons else "taper_policy"
    change_step(draft, step, rule)
    respace_and_tell(draft, rule)


def _discharge(draft: Draft, approval: Approval, command: DecideApproval) -> None:
    if command.decision is Decision.edit and command.step is not None:
        _to_step(draft, command.step, approval)
    else:
        close_plan(draft, Stage.discharged, "TAP-DIS-1")


def _resume(draft: Draft, approval: Approval, command: DecideApproval) -> None:
    resume(draft, "MID-3")


def _not_cleared(draft: Draft, approval: Approval, command: DecideApproval) -> None:
    """The document says no, or never came. A region stays held and the rest goes on; the whole plan is declined.

    Where a new one was asked for ahead of time, the old one counts until its last day, and then the hold is back.
    """
    held = draft.state.held(approval.proposal.hold_key)
    if held is not None and held.discharged_at is None and blocks_plan(draft.state, held.hold):
        _decline(draft, approval, command)


def _keep_as_is(draft: Draft, approval: Approval, command: DecideApproval) -> None:
    proposal = approval.proposal
    if proposal.verdict is not None:
        for matter in settled_by(proposal.verdict, proposal.reasons):
            draft.settle(matter)


def _stay_paused(draft: Draft, approval: Approval, command: DecideApproval) -> None:
    """A plan that stays paused still has somebody to look after it."""
    draft.raise_alert(AlertReason.paused_plan, Urgency.E3, "MID-3", subject=approval.id)


_Effect = Callable[[Draft, Approval, DecideApproval], None]

_APPROVED: dict[ApprovalKind, _Effect] = {
    ApprovalKind.start: _start,
    ApprovalKind.clearance: _clear,
    ApprovalKind.taper: _taper,
    ApprovalKind.discharge: _discharge,
    ApprovalKind.resume: _resume,
}

_REJECTED: dict[ApprovalKind, _Effect] = {
    ApprovalKind.start: _decline,
    ApprovalKind.clearance: _not_cleared,
    ApprovalKind.rescreen: _decline,
    ApprovalKind.taper: _keep_as_is,
    ApprovalKind.discharge: _keep_as_is,
    ApprovalKind.resume: _stay_paused,
}


def edit_protocol(draft: Draft, edit: ProtocolEdit) -> None:
    """Take over the therapist's changes; the protocol gets a new revision."""
    changes = {
        name: value for name in ProtocolEdit.model_fields if (value := getattr(edit, name)) is not None
    }
    pain_ok = changes.pop("pain_ok_max", None)
    if pain_ok is not None:
        changes["taper"] = draft.protocol.taper.but(pain_ok_max=pain_ok)
    therapist = changes.get("therapist_id")
    if therapist is not None:
        first, *rest = draft.protocol.chain
        changes["chain"] = (first.but(staff_id=therapist), *rest)
    if edit.primary is not None:
        changes["primary"] = take_goal(draft, edit.primary)
    draft.set(protocol=draft.protocol.but(revision=draft.protocol.revision + 1, **changes))
    draft.event(EventKind.amended, None, revision=draft.protocol.revision, fields=tuple(sorted(changes)))


def amend(draft: Draft, command: Amend) -> None:
    """Change a running plan's protocol; what is booked follows.

    In a plan that has started, the edit's step is the step it shall have from now on.
    """
    edit = command.edit
    if command.regions is not None:
        change_regions(draft, command.regions, command.reason_id)
    if command.regions is None or edit != ProtocolEdit():
        edit_protocol(draft, edit)
    if draft.state.stage in NOT_STARTED:
        return
    if edit.start_step not in (None, draft.state.progress.step):
        change_step(draft, edit.start_step, "AMEND")
    if draft.state.stage is Stage.active and (edit.start_step or edit.first_session_at):
        respace_and_tell(draft, "AMEND")
    if edit.therapist_id or edit.room_id or edit.session_minutes:
        claim_again(draft)


def reviewed(draft: Draft) -> None:
    """The therapist looked at the plan: the review clock starts again, and no change twice is counted.

    Change is counted from the last review that saw some, so that slow steps add up; a client who is where the plan
    expected them is not one without change (TAP-DIS-2). A second look before another visit belongs to the same
    review.
    """
    progress, measure = draft.state.progress, draft.protocol.primary
    if progress.sessions_since_review == 0:
        draft.progress(reviewed_at=draft.now)
        draft.event(EventKind.reviewed, None)
        return
    latest = next((one for one in reversed(progress.scores) if one.primary is not None), None)
    before, now = progress.primary_at_review, latest.primary if latest is not None else None
    by = latest.by if latest is not None else None
    worth = measure.worth((progress.primary_at_review_by, by))
    moved = now is not None and before is not None and abs(now - before) >= worth
    as_hoped = latest is not None and as_expected(draft.state, latest)
    draft.progress(
        reviewed_at=draft.now,
        sessions_since_review=0,
        primary_at_review=now if moved or before is None else before,
        primary_at_review_by=by if moved or before is None else progress.primary_at_review_by,
        reviews_no_change=0 if moved or as_hoped else progress.reviews_no_change + 1,
    )
    draft.event(EventKind.reviewed, None)


def decided_after_no_change(draft: Draft) -> None:
    """A therapist has chosen what follows two reviews without change (TAP-DIS-2): the next two count afresh."""
    draft.progress(reviews_no_change=0)
