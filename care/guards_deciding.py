"""What a plan refuses of a therapist's decision."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Final

from care.adverse_grades import FREEZES, worst_open
from care.guards_starting import (
    refuse_no_technique,
    refuse_unfit,
    refuse_with_regions,
    refuse_without_techniques,
)
from care.guards_time import refuse_far
from care.local_time import local, local_day
from care.new_goal import refuse_goal
from care.opening import blocking
from care.regions import refuse_regions
from care.start_condition import refuse_unconfirmed, refuse_unread
from care.state_words import APPROVALS, STAGES, rhythm
from care.taper import pain_ok_for_lasting_pain
from care.texts_agreed import refuse_agreement
from schemas.commands import Actor, DecideApproval, Decision, ProtocolEdit, Refusal
from schemas.plan import Approval, PlanState, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency
from schemas.taper import Step


def say(state: PlanState, moment: datetime) -> str:
    return f"{local(state.protocol.hours.zone, moment):%a %d %b %Y at %H:%M}"


def refuse_closed(state: PlanState) -> Refusal | None:
    if state.closed:
        return Refusal(
            code="plan_closed",
            sentence=f"This plan {STAGES[state.stage]}; nothing more can be changed in it.",
        )
    return None


def refuse_inactive(state: PlanState, what: str) -> Refusal | None:
    if state.stage is Stage.active or state.closed:
        return refuse_closed(state)
    return Refusal(
        code="plan_not_active",
        sentence=f"The plan {STAGES[state.stage]}, so {what}. It must be active first.",
    )


def refuse_lay(actor: Actor, what: str) -> Refusal | None:
    if actor.decides:
        return None
    return Refusal(
        code="not_a_clinician",
        sentence=f"Only a registered physiotherapist may {what}. Ask the treating physiotherapist.",
    )


def refuse_decision(state: PlanState, actor: Actor, command: DecideApproval, now: datetime) -> Refusal | None:
    approval = state.approval(command.approval_id)
    if approval is None:
        return Refusal(
            code="already_decided",
            sentence="This approval is no longer open: it was decided, or its question has lapsed.",
        )
    refusal = refuse_lay(actor, f"decide on {APPROVALS[approval.kind]}") or refuse_closed(state)
    if refusal is not None or command.decision is Decision.reject:
        return refusal or _rejectable(state, approval)
    if command.decision is Decision.edit and command.reason_id is None:
        return Refusal(code="reason_missing", sentence="An edited proposal needs the reason why it differs.")
    changes = (command.edit, command.step, command.regions)
    if command.decision is Decision.approve and any(one is not None for one in changes):
        return Refusal(
            code="edit_not_stated",
            sentence="Approving takes the proposal as it is; to change it, edit it and give a reason.",
        )
    refusal = _not_here(approval, command) or refuse_agreement(state, approval, command.texts_agreed)
    return refusal or _DECISION_GUARDS[approval.kind](state, approval, command, now)


_STEPS = frozenset({ApprovalKind.taper, ApprovalKind.discharge})
_BELONGS: Final = (
    ("regions", "regions_not_here", frozenset({ApprovalKind.start}), "What is treated"),
    ("edit", "edit_not_here", frozenset({ApprovalKind.start}), "A change of the protocol"),
    (
        "confirmed",
        "confirmed_not_here",
        frozenset({ApprovalKind.clearance}),
        "What a start condition asks for",
    ),
    (
        "surgical",
        "techniques_not_here",
        frozenset({ApprovalKind.clearance}),
        "What a surgical protocol allows",
    ),
    ("step", "step_not_here", _STEPS, "Another step instead of the one proposed"),
)
"""The parts of a decision, and the kinds of approval that each belongs to: elsewhere nothing would come of it."""


def _not_here(approval: Approval, command: DecideApproval) -> Refusal | None:
    for part, code, kinds, what in _BELONGS:
        if getattr(command, part) is not None and approval.kind not in kinds:
            return Refusal(
                code=code,
                sentence=f"{what} is no part of {APPROVALS[approval.kind]}; change it in the plan itself.",
            )
    return None


def _rejectable(state: PlanState, approval: Approval) -> Refusal | None:
    running = state.stage in (Stage.active, Stage.suspended)
    held = {h.key for h in blocking(state)}
    needed = approval.kind is ApprovalKind.rescreen or approval.proposal.hold_key in held
    if running and needed:
        return Refusal(
            code="needs_an_outcome",
            sentence="A running plan cannot go on without this. Record the document, or discharge the client.",
        )
    return None


def _start(state: PlanState, approval: Approval, command: DecideApproval, now: datetime) -> Refusal | None:
    refusal = refuse_edit(state, command.edit, now) if command.edit else None
    return (
        refusal
        or refuse_regions(state, command.regions, command.edit)
        or refuse_without_techniques(state, command)
        or refuse_unfit(state, now)
        or refuse_with_regions(state, command.regions, now)
    )


def refuse_edit(state: PlanState, edit: ProtocolEdit, now: datetime) -> Refusal | None:
    if edit.first_session_at is not None and edit.first_session_at <= now:
        return Refusal(
            code="slot_in_past",
            sentence=f"The first session cannot be on {say(state, edit.first_session_at)}: that time has passed.",
        )
    return (
        refuse_far(edit.first_session_at, now)
        or _on_ladder(state, edit.start_step)
        or _pain_limit(state, edit.pain_ok_max)
        or refuse_unread(state, edit.surgical_techniques)
        or refuse_goal(edit.primary)
        or refuse_techniques(state, edit.techniques, edit.surgical_techniques or ())
    )


def refuse_techniques(
    state: PlanState, wanted: tuple[str, ...] | None, surgical: tuple[str, ...] = ()
) -> Refusal | None:
    """`plan_merge`: a therapist narrows the techniques; one that a rule leaves out needs that rule overridden.

    `surgical` are those that the surgical protocol allows from now on.
    """
    beyond = [one for one in wanted or () if one not in {*state.protocol.techniques, *surgical}]
    if not beyond:
        return None
    named = ", ".join(beyond).replace("_", " ")
    return Refusal(
        code="technique_ruled_out",
        sentence=f"Not among this plan's techniques: {named}. The session sheet says which rule and why.",
    )


def _pain_limit(state: PlanState, wanted: float | None) -> Refusal | None:
    """`override_paths`: for lasting pain a share of its baseline, never above a limit; with the edit's reason."""
    policy = state.protocol.taper
    highest = max(policy.pain_ok_max, pain_ok_for_lasting_pain(policy, state.protocol.pain_baseline))
    if wanted is None or wanted <= highest:
        return None
    drop = 1 - policy.lasting_pain_share
    return Refusal(
        code="pain_limit_too_high",
        sentence=(
            f"Visits may become rarer up to pain {highest:g} at most: {100 * drop:.0f} % below this client's "
            f"baseline, and never above {policy.lasting_pain_max:g}."
        ),
    )


def _on_ladder(state: PlanState, step: Step | None) -> Refusal | None:
    ladder = tuple(rung.step for rung in state.protocol.taper.ladder)
    if step is None or step in ladder:
        return None
    steps = ", ".join(f"{one} ({rhythm(state.protocol, one)})" for one in ladder)
    return Refusal(code="unknown_step", sentence=f"{step} is not on this plan's ladder; it has {steps}.")


def _clearance(
    state: PlanState, approval: Approval, command: DecideApproval, now: datetime
) -> Refusal | None:
    until = command.document_valid_until
    if until is None or until <= local_day(state.protocol.hours, now):
        return Refusal(
            code="document_not_valid",
            sentence="State until when the document is valid; one that has run out keeps the hold open.",
        )
    return refuse_unconfirmed(state, approval, command)


def _rescreen_first(
    state: PlanState, approval: Approval, command: DecideApproval, now: datetime
) -> Refusal | None:
    return Refusal(
        code="rescreen_needed",
        sentence="A date alone lifts nothing (ALG-7): repeat the screening questions, then decide.",
    )


def _taper(state: PlanState, approval: Approval, command: DecideApproval, now: datetime) -> Refusal | None:
    refusal = refuse_inactive(state, "its step cannot change") or _on_ladder(state, command.step)
    if refusal is not None:
        return refusal
    if command.decision is Decision.edit and command.step is None:
        return Refusal(code="step_missing", sentence="Say which step the plan should have instead.")
    if command.step is state.progress.step:
        return Refusal(
            code="same_step",
            sentence=f"Visits are {rhythm(state.protocol, command.step)} already; reject the proposal to keep that.",
        )
    return refuse_frozen(state, command.step or approval.proposal.step)


def refuse_frozen(state: PlanState, step: Step | None) -> Refusal | None:
    """MID-2, TAP-FRZ-1: while any alert of E2 or more is open nobody is seen less often; more often always may be."""
    ladder = [rung.step for rung in state.protocol.taper.ladder]
    if step in ladder and ladder.index(step) < ladder.index(state.progress.step):
        return None
    if worst_open(state) >= FREEZES:
        return Refusal(
            code="adverse_event_open",
            sentence="An adverse event of grade 1 or more is open (TAP-FRZ-1); follow it up and close it first.",
        )
    if all(alert.urgency is Urgency.E3 for alert in state.alerts):
        return None
    return Refusal(
        code="alert_open",
        sentence="An alert that cannot wait is open (E2 or more urgent, MID-2); close it with its outcome first.",
    )


def _resume_approval(
    state: PlanState, approval: Approval, command: DecideApproval, now: datetime
) -> Refusal | None:
    return resumable(state, now)


def resumable(state: PlanState, now: datetime) -> Refusal | None:
    """Why a suspended plan may not go on yet (MID-3)."""
    return refuse_running(state) or refuse_no_technique(state.protocol.techniques) or refuse_unfit(state, now)


def refuse_running(state: PlanState) -> Refusal | None:
    if state.stage is Stage.suspended:
        return None
    return Refusal(
        code="not_suspended", sentence=f"The plan {STAGES[state.stage]}; there is nothing to resume."
    )


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
