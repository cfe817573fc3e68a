"""How a plan opens: from a screened intake to the first thing a person must do."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from care.algebra import laws_at_work
from care.body import held_whole
from care.draft import Draft
from care.local_time import local_day
from care.texts_agreed import need_agreement
from schemas.alerts import AlertReason
from schemas.commands import CLIENT
from schemas.events import EventKind
from schemas.messages import TextPurpose
from schemas.plan import HeldRequirement, PlanState, Progress, Proposal, ScreeningState, Stage
from schemas.protocol import ApprovalKind, Protocol
from schemas.screening import Disposition, Hold, HoldKind, Scope, ScreeningResult, Urgency

OPENING_CAUSE = "opening"

NOT_STARTED = frozenset({Stage.screening, Stage.deferred, Stage.awaiting_clearance, Stage.awaiting_approval})

OWN_REVIEW = "treating_physiotherapist"
"""Who discharges a hold inside the clinic; every other owner writes a letter."""


def new_plan(
    plan_id: str, client_id: str, protocol: Protocol, result: ScreeningResult, now: datetime
) -> PlanState:
    """The state in which a plan's workflow starts: screened, nothing decided yet."""
    evaluated = result.evaluated_on
    return PlanState(
        plan_id=plan_id,
        client_id=client_id,
        opened_at=now,
        protocol=protocol,
        screening=ScreeningState(
            result=result,
            overall=result.overall,
            holds=tuple(HeldRequirement(hold=hold) for hold in result.holds),
            completed_on=evaluated,
            valid_until=evaluated + timedelta(days=protocol.screening_valid_days),
        ),
        progress=Progress(
            step=protocol.start_step, step_entered_at=now, reviewed_at=now, last_contact_at=now
        ),
        texts_agreed=not need_agreement(result),
    )


def open_plan(state: PlanState, now: datetime) -> Draft:
    """The first transition: the screening's outcome put before the right person, and the client told."""
    draft = Draft(state, now, OPENING_CAUSE, CLIENT)
    result = state.screening.result
    draft.event(
        EventKind.screening_evaluated,
        None,
        overall=result.overall,
        urgency=result.urgency,
        rules=tuple(finding.rule for finding in result.findings),
        holds=tuple(hold.rule for hold in result.holds),
        incomplete=result.incomplete,
        laws=laws_at_work(result),
        restrictions=tuple(sorted({one.code for one in result.restrictions})),
        pack=result.pack_version,
    )
    screening_alert(draft, result)
    await_next(draft)
    if result.message is None:
        draft.text("intake-notice", template=_notice(draft.state), purpose=TextPurpose.notice, rule="INTAKE")
    return draft


def _notice(state: PlanState) -> str:
    """What the client is told about the form: it is here, we will ring, or whose letter is needed."""
    if state.stage is Stage.awaiting_approval:
        return "intake_received"
    letters = any(held.hold.owner != OWN_REVIEW for held in blocking(state))
    return "waiting_for_letter" if state.stage is Stage.awaiting_clearance and letters else "intake_deferred"


def screening_alert(draft: Draft, result: ScreeningResult) -> None:
    """An urgent finding sends its one text at once and pages staff (ALG-3); quiet hours do not hold it back."""
    urgent = [f for f in result.findings if f.urgency is result.urgency and f.urgency is not None]
    rules = [finding.rule for finding in urgent]
    severe = [rule for rule in rules if rule in draft.protocol.same_day.rules]
    rule = next(iter(severe or rules), "ALG-3")
    if result.message is not None:
        draft.text(
            f"screening:{draft.follows}",
            template=result.message,
            purpose=TextPurpose.safety,
            rule=rule,
        )
    if result.urgency is not None and result.urgency is not Urgency.E3:
        draft.raise_alert(
            AlertReason.urgent_referral,
            result.urgency,
            rule,
            screening_items=tuple(sorted({f.item for f in urgent})),
        )


def blocking(state: PlanState) -> tuple[HeldRequirement, ...]:
    """Holds that still keep the whole plan from starting (ALG-4, ALG-6)."""
    holds = state.screening.holds
    return tuple([held for held in holds if held.discharged_at is None and blocks_plan(state, held.hold)])


def blocks_plan(state: PlanState, hold: Hold) -> bool:
    """Plan-scope holds block everything; those of a target region only when no target region is left (ALG-6).

    A plan names no sides: a region held on one side counts as held. Before a plan with a start condition has
    started, whatever the questions that it names hold does block it.
    """
    if hold.scope is Scope.plan or _keeps_from_starting(state, hold):
        return True
    targets, parts = state.protocol.target_regions, state.screening.result.target_parts
    at_work = {*targets, *(part for one in targets for part in parts.get(one, ()))}
    if at_work.isdisjoint(_regions(hold)):
        return False
    waiting = (one.hold for one in state.screening.holds if one.discharged_at is None)
    held = {region for one in waiting if one.scope is Scope.region for region in _regions(one)}
    return all(held_whole(one, held, parts) for one in targets)


def _keeps_from_starting(state: PlanState, hold: Hold) -> bool:
    asked = hold.rule.rpartition("-")[0]
    return state.stage in NOT_STARTED and any(asked in one.hold.holds_of for one in state.screening.holds)


def _regions(hold: Hold) -> tuple[str, ...]:
    return (hold.region, *hold.parts) if hold.region else hold.parts


def await_next(draft: Draft) -> None:
    """Put a plan that is not yet active where its open holds say, and ask whoever must act next."""
    state = draft.state
    held = blocking(state)
    defers = [h for h in held if h.hold.kind in (HoldKind.defer, HoldKind.refer_urgent)]
    if defers or (state.screening.overall is Disposition.refer_urgent and held):
        draft.stage(Stage.deferred, defers[0].hold.rule if defers else None)
    elif held:
        draft.stage(Stage.awaiting_clearance, held[0].hold.rule)
    else:
        draft.stage(Stage.awaiting_approval, "ALG-9")
    ask_for_clearances(draft)
    if held:
        draft.lapse_approvals(ApprovalKind.start)
    elif not any(a.kind is ApprovalKind.start for a in draft.state.approvals):
        draft.open_approval(
            ApprovalKind.start,
            "ALG-9",
            Proposal.of(
                step=draft.protocol.start_step,
                first_session_at=draft.protocol.first_session_at,
                reasons=tuple(finding.rule for finding in state.screening.result.findings),
            ),
        )


def ask_for_clearances(draft: Draft) -> None:
    """One open request per undischarged hold; clearing one never clears another (ALG-4).

    What waits for a date is asked for on that date. A request whose hold has gone lapses.
    """
    standing = {held.key for held in draft.state.screening.holds}
    for approval in draft.state.approvals:
        if approval.kind is ApprovalKind.clearance and approval.proposal.hold_key not in standing:
            draft.close_approval(approval, "lapsed")
    today = local_day(draft.protocol.hours, draft.now)
    for held in draft.state.screening.holds:
        hold = held.hold
        if held.discharged_at is not None:
            continue
        if hold.kind is not HoldKind.defer or hold.document is not None:
            ask_for_clearance(draft, hold.rule, held.key)
        elif hold.rescreen_on is None or hold.rescreen_on <= today:
            ask_to_rescreen(draft, hold.rule, held.key)


def ask_for_clearance(draft: Draft, rule: str, hold_key: str, runs_out: date | None = None) -> None:
    """Ask for a hold's document, unless that is asked for already; `runs_out` is the last day of the one before."""
    asked = {a.proposal.hold_key for a in draft.state.approvals if a.kind is ApprovalKind.clearance}
    if hold_key not in asked:
        proposal = Proposal.of(hold_key=hold_key, runs_out=runs_out, reasons=(rule,))
        draft.open_approval(ApprovalKind.clearance, rule, proposal)


def ask_to_rescreen(draft: Draft, rule: str, hold_key: str | None) -> None:
    """Ask for the screening to be repeated, once."""
    if not any(a.kind is ApprovalKind.rescreen for a in draft.state.approvals):
        draft.open_approval(ApprovalKind.rescreen, rule, Proposal.of(hold_key=hold_key, reasons=(rule,)))


def screening_valid(state: PlanState, now: datetime) -> bool:
    """Whether the screening is complete and in date (TAP-SUS-2)."""
    if local_day(state.protocol.hours, now) >= state.screening.valid_until:
        return False
    for held in state.screening.holds:
        if held.hold.kind is HoldKind.incomplete and held.discharged_at is None:
            return False
    return True
