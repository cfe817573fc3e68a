"""ALG-10: what a physiotherapist may set aside with a written reason, and what nobody may.

A clearance by the physiotherapist's own review, a wait that rests on convention, and a restriction that only `modify`
findings ask for. Never an urgent referral, a blank, a consent, or anything that another clinician's word must end.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Final

from care.draft import Draft
from care.following_holds import follow_holds
from care.held_regions import leave_out_held_regions
from care.local_time import local_day
from care.opening import OWN_REVIEW
from care.state_words import STAGES
from care.technique_limits import techniques_under
from schemas.commands import Actor, OverrideHold, OverrideRestriction, Refusal, Role
from schemas.events import EventKind
from schemas.plan import PlanState
from schemas.protocol import Protocol
from schemas.rules import RulePack
from schemas.screening import Disposition, Hold, HoldKind, Restriction, ScreeningResult

RULE: Final = "ALG-10"
_REVIEW_NOTE: Final = "therapist_review_note"
MAY_OVERRIDE: Final = frozenset({Role.treating_physiotherapist, Role.lead_physiotherapist})


def overridable(hold: Hold) -> bool:
    """Whether a hold is the physiotherapist's own to judge."""
    if hold.kind is HoldKind.clearance:
        return hold.owner == OWN_REVIEW and hold.document == _REVIEW_NOTE
    return hold.kind is HoldKind.defer and hold.by_convention


def rules_behind(pack: RulePack, result: ScreeningResult, restriction: Restriction) -> tuple[str, ...]:
    """The findings that ask for a restriction; empty where the profile, the condition or a held region does."""
    if restriction.held:
        return ()
    found = {finding.rule for finding in result.findings}
    return tuple(
        rule.id
        for item in pack.screening.items
        for rule in item.rules
        if rule.id in found and any(ref.code == restriction.code for ref in rule.then.restrictions)
    )


def liftable(pack: RulePack, result: ScreeningResult, restriction: Restriction) -> bool:
    """Whether only `modify` findings ask for it: what also hangs on a letter or a referral stays."""
    rules = rules_behind(pack, result, restriction)
    asked = {finding.disposition for finding in result.findings if finding.rule in rules}
    return bool(asked) and asked == {Disposition.modify}


def techniques_without(pack: RulePack, protocol: Protocol, restriction: Restriction) -> tuple[str, ...]:
    """The plan's techniques once the restriction is gone; what a therapist left out by hand stays out."""
    left = tuple(one for one in protocol.restrictions if one != restriction)
    return techniques_under(pack, protocol, left, protocol.target_regions)


# -- what a plan refuses ------------------------------------------------------------------------------


def _refuse_role(state: PlanState, actor: Actor) -> Refusal | None:
    if state.closed:
        return Refusal(
            code="plan_closed", sentence=f"This plan {STAGES[state.stage]}; nothing is held any more."
        )
    if MAY_OVERRIDE.isdisjoint(actor.roles):
        return Refusal(
            code="wrong_role",
            sentence="Only the treating or the lead physiotherapist may override a finding (ALG-10).",
        )
    return None


def refuse_override_of_hold(
    state: PlanState, actor: Actor, command: OverrideHold, now: datetime
) -> Refusal | None:
    """Only a hold that is open, and the physiotherapist's own."""
    refusal = _refuse_role(state, actor)
    held = state.held(command.hold_key)
    if refusal is not None:
        return refusal
    if held is None or held.discharged_at is not None:
        return Refusal(code="unknown_hold", sentence=f"No hold {command.hold_key} is open in this plan.")
    if overridable(held.hold):
        return None
    owner = held.hold.owner.replace("_", " ")
    return Refusal(
        code="not_overridable",
        sentence=(
            f"{held.hold.rule} cannot be overridden (ALG-10): it is closed with its outcome and document, "
            f"from the {owner}."
        ),
    )


def refuse_override_of_restriction(
    state: PlanState, actor: Actor, command: OverrideRestriction, now: datetime
) -> Refusal | None:
    """Only a restriction in force that no open or outside finding stands behind."""
    refusal = _refuse_role(state, actor)
    if refusal is not None:
        return refusal
    if command.restriction not in state.protocol.restrictions:
        return Refusal(
            code="unknown_restriction",
            sentence=f"{command.restriction.code} is not in force in this plan.",
        )
    asked = [one for one in state.screening.result.findings if one.rule in command.rules]
    if not asked or any(one.disposition is not Disposition.modify for one in asked):
        return Refusal(
            code="not_overridable",
            sentence=(
                f"{command.restriction.code} cannot be overridden (ALG-10): "
                "more than a finding that limits the work asks for it."
            ),
        )
    return None


# -- what an override does ----------------------------------------------------------------------------


def override_hold(draft: Draft, command: OverrideHold) -> None:
    """The hold is set aside for as long as its review would have counted; the same finding later holds again."""
    held = draft.state.held(command.hold_key)
    if held is None:
        raise KeyError(f"no hold {command.hold_key}")
    days = held.hold.valid_days
    today = local_day(draft.protocol.hours, draft.now)
    aside = held.but(
        discharged_at=draft.now,
        discharged_by=draft.actor.id,
        document_valid_until=None if days is None else today + timedelta(days=days),
    )
    holds = tuple(aside if one.key == held.key else one for one in draft.state.screening.holds)
    draft.set(screening=draft.state.screening.but(holds=holds))
    leave_out_held_regions(draft)
    draft.event(
        EventKind.overridden, RULE, what=held.key, rules=(held.hold.rule,), reason_id=command.reason_id
    )
    for approval in draft.state.approvals:
        if approval.proposal.hold_key == held.key:
            draft.close_approval(approval, "lapsed", command.reason_id)
    follow_holds(draft, RULE)


def override_restriction(draft: Draft, command: OverrideRestriction) -> None:
    """The restriction no longer limits the plan; its findings stay in the record."""
    left = tuple(one for one in draft.protocol.restrictions if one != command.restriction)
    revised = draft.protocol.but(
        revision=draft.protocol.revision + 1, restrictions=left, techniques=command.techniques
    )
    draft.set(protocol=revised)
    draft.event(
        EventKind.overridden,
        RULE,
        what=command.restriction.code,
        region=command.restriction.region,
        rules=command.rules,
        reason_id=command.reason_id,
    )
