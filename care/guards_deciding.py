"""What a plan refuses of a therapist's decision, and what keeps a plan from starting or going on."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from care.alerts import URGENT, freezes
from care.guards_treating import refuse_going_on, refuse_start_of_work
from care.local_time import local, local_day
from care.opening import blocking
from care.regions import refuse_regions, treating
from care.state_words import APPROVALS, STAGES, rhythm
from care.taper import pain_ok_for_lasting_pain
from care.texts_agreed import refuse_agreement
from schemas.commands import Actor, DecideApproval, Decision, NewRegions, ProtocolEdit, Refusal
from schemas.plan import Approval, PlanState, Stage
from schemas.protocol import ApprovalKind
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
    if state.stage is Stage.active:
        return None
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
    if command.regions is not None and approval.kind is not ApprovalKind.start:
        return Refusal(
            code="regions_not_here",
            sentence=f"What is treated is no part of {APPROVALS[approval.kind]}; change it in the plan itself.",
        )
    refusal = refuse_agreement(state, approval, command.texts_agreed)
    return refusal or _DECISION_GUARDS[approval.kind](state, approval, command, now)


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
        or _fit_to_go_on(state, now)
        or _fit_with_regions(state, command.regions, now)
    )


def _fit_with_regions(state: PlanState, regions: NewRegions | None, now: datetime) -> Refusal | None:
    """ALG-6: nobody starts a plan whose new regions are held, or were never asked about; nothing changes then."""
    unfit = _fit_to_go_on(treating(state, regions), now) if regions is not None else None
    if unfit is None:
        return None
    way_out = (
        "Choose other parts; or change what is treated on the plan's page, and it waits for what is missing."
    )
    return unfit.but(sentence=f"Not with these parts of the body (ALG-6). {unfit.sentence} {way_out}")


def _fit_to_go_on(state: PlanState, now: datetime) -> Refusal | None:
    """Why no session may take place in this plan: an emergency, questions to repeat, a hold, an old screening."""
    if not state.safe_to_start:
        return Refusal(
            code="alert_open", sentence="An urgent alert (E0 or E1) is open; close it with its outcome first."
        )
    refusal = refuse_going_on(state) or refuse_start_of_work(state)
    if refusal is not None:
        return refusal
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
    if local_day(state.protocol.hours, now) >= state.screening.valid_until:
        return Refusal(
            code="rescreen_needed",
            sentence=f"The screening ran out on {state.screening.valid_until}; repeat the whole form first.",
        )
    return None


def refuse_edit(state: PlanState, edit: ProtocolEdit, now: datetime) -> Refusal | None:
    if edit.first_session_at is not None and edit.first_session_at <= now:
        return Refusal(
            code="slot_in_past",
            sentence=f"The first session cannot be on {say(state, edit.first_session_at)}: that time has passed.",
        )
    return (
        _on_ladder(state, edit.start_step)
        or _pain_limit(state, edit.pain_ok_max)
        or refuse_techniques(state, edit.techniques)
    )


def refuse_techniques(state: PlanState, wanted: tuple[str, ...] | None) -> Refusal | None:
    """`plan_merge`: a therapist narrows the techniques; one that a rule leaves out needs that rule overridden."""
    beyond = [one for one in wanted or () if one not in state.protocol.techniques]
    if not beyond:
        return None
    named = ", ".join(beyond).replace("_", " ")
    return Refusal(
        code="technique_ruled_out",
        sentence=f"Not among this plan's techniques: {named}. The session sheet says which rule and why.",
    )


def _pain_limit(state: PlanState, wanted: float | None) -> Refusal | None:
    """`override_paths`: for lasting pain 30 % below its baseline, never above 5; with the edit's reason."""
    lasting = pain_ok_for_lasting_pain(state.protocol.pain_baseline)
    highest = max(state.protocol.taper.pain_ok_max, lasting)
    if wanted is None or wanted <= highest:
        return None
    return Refusal(
        code="pain_limit_too_high",
        sentence=f"Visits may become rarer up to pain {highest:g} at most: 30 % below this client's baseline.",
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
    return None


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
    """MID-2: while the client's health is in question nobody is seen less often; more often is always possible."""
    ladder = [rung.step for rung in state.protocol.taper.ladder]
    more_often = step in ladder and ladder.index(step) < ladder.index(state.progress.step)
    if more_often or not any(alert.urgency in URGENT or freezes(alert) for alert in state.alerts):
        return None
    return Refusal(
        code="alert_open",
        sentence="An alert about the client's health is open (MID-2); close it with its outcome first.",
    )


def _resume_approval(
    state: PlanState, approval: Approval, command: DecideApproval, now: datetime
) -> Refusal | None:
    return resumable(state, now)


def resumable(state: PlanState, now: datetime) -> Refusal | None:
    """Why a suspended plan may not go on yet (MID-3)."""
    return refuse_running(state) or _fit_to_go_on(state, now)


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
