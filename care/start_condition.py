"""What must be so before a plan starts, as its profile or condition says (`start_condition`): a hold of its own.

It holds the whole plan until a physiotherapist has read the paper that it names and confirmed the rest. No answer
of a form lifts it and nobody sets it aside (ALG-10); when its paper runs out it holds again.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from care.compiled import per_pack
from care.draft import Draft
from care.following_holds import follow_holds
from care.technique_limits import defaults_of, named_defaults
from schemas.commands import DecideApproval, Refusal, SurgicalTechniques
from schemas.plan import Approval, HeldRequirement, PlanState
from schemas.rules import RulePack
from schemas.screening import Hold, HoldKind, Scope

POSTOP_PROTOCOL: Final = "postop_protocol"
"""The surgical team's paper: it alone says which further techniques an operation allows."""


def start_holds(pack: RulePack, profile: str | None, condition: str | None) -> Iterator[Hold]:
    """One hold for each start condition of a plan with this profile and condition.

    A pack that does not know one of them says nothing of it: a running plan may be judged by a later pack.
    """
    known = profile if profile in pack.profiles else None, condition if condition in pack.conditions else None
    for name, defaults in named_defaults(pack, *known).items():
        needs = defaults.start_needs
        if defaults.start_condition and needs is not None:
            yield Hold(
                rule=_rule(name),
                kind=HoldKind.start,
                scope=Scope.plan,
                owner=needs.clearance.owner,
                document=needs.clearance.document,
                valid_days=needs.clearance.valid_days,
                until=defaults.start_condition,
                confirm=needs.confirm,
                holds_of=needs.holds_of,
            )


@per_pack
def start_sentences(pack: RulePack) -> dict[str, str]:
    """Every start condition in the pack's words, by the rule that its hold names."""
    tables = (("profiles", pack.profiles), ("conditions", pack.conditions))
    return {
        _rule(f"{table}.{name}"): one.start_condition
        for table, entries in tables
        for name, one in entries.items()
        if one.start_condition
    }


def _rule(name: str) -> str:
    return f"{name}.start_condition"


def unmet(pack: RulePack, state: PlanState) -> tuple[Hold, ...]:
    """The start conditions of a plan that nobody has confirmed, also those that nobody asked about when it began."""
    met = {one.key for one in state.screening.holds if one.discharged_at is not None}
    asked = start_holds(pack, state.protocol.profile, state.protocol.condition)
    return tuple(one for one in asked if HeldRequirement(hold=one).key not in met)


def only_by_protocol(pack: RulePack, profile: str, condition: str | None) -> tuple[str, ...]:
    """The techniques that a plan gets only where the surgical protocol says so, in the pack's order."""
    defaults = defaults_of(pack, profile, condition)
    asked = {name for one in defaults for name in one.allowed_only_if_protocol_says}
    may = [{*one.allowed, *one.allowed_only_if_protocol_says} for one in defaults]
    return tuple(name for name in pack.techniques if name in asked and all(name in one for one in may))


def may_be_allowed(pack: RulePack, state: PlanState) -> tuple[str, ...]:
    """The techniques that the surgical protocol of this plan can allow; none while no such protocol counts."""
    read = (one for one in state.screening.holds if one.discharged_at is not None)
    if not any(reads_protocol(state, one) for one in read):
        return ()
    return only_by_protocol(pack, state.protocol.profile, state.protocol.condition)


def reads_protocol(state: PlanState, held: HeldRequirement | None) -> bool:
    """Whether the paper that ends a hold is the one that says which further techniques the operation allows.

    A plan with a start condition reads it there; another plan wherever the surgical team's protocol is asked for.
    """
    if held is None or held.hold.document != POSTOP_PROTOCOL:
        return False
    at_start = [
        one.key
        for one in state.screening.holds
        if one.hold.kind is HoldKind.start and one.hold.document == POSTOP_PROTOCOL
    ]
    return not at_start or held.key in at_start


def to_confirm(state: PlanState, approval: Approval) -> tuple[str, ...] | None:
    """What a physiotherapist confirms beside the paper, word for word; None where a decision asks for nothing."""
    held = state.held(approval.proposal.hold_key)
    return held.hold.confirm or None if held is not None else None


# -- what a plan refuses --------------------------------------------------------------------------------


def refuse_unconfirmed(state: PlanState, approval: Approval, command: DecideApproval) -> Refusal | None:
    """A start condition is met when everything that it names is confirmed; other papers confirm nothing more."""
    held = state.held(approval.proposal.hold_key)
    if command.surgical is not None and not reads_protocol(state, held):
        return Refusal(
            code="techniques_not_here",
            sentence="Which further techniques an operation allows is read in the surgical team's protocol only.",
        )
    wanted, given = held.hold.confirm if held else (), command.confirmed or ()
    if beyond := [one for one in given if one not in wanted]:
        return Refusal(
            code="not_to_confirm", sentence=f"This hold does not ask to confirm: {'; '.join(beyond)}."
        )
    if held is not None and (open_still := [one for one in wanted if one not in given]):
        return Refusal(
            code="start_condition",
            sentence=f"Not confirmed yet ({held.hold.rule}): {'; '.join(open_still)}. A paper alone starts nothing.",
        )
    return None


def refuse_unread(state: PlanState, wanted: tuple[str, ...] | None) -> Refusal | None:
    """A technique that only a surgical protocol can allow needs one that counts; taking one away needs nothing."""
    new = [one for one in wanted or () if one not in state.protocol.surgical_techniques]
    read = (held for held in state.screening.holds if reads_protocol(state, held))
    if not new or any(held.discharged_at is not None for held in read):
        return None
    named = ", ".join(new).replace("_", " ")
    return Refusal(
        code="protocol_not_read",
        sentence=f"Only a surgical protocol that counts allows {named}: record it with the hold that waits for it.",
    )


# -- plans that began without it ------------------------------------------------------------------------


def hold_begun(draft: Draft, holds: tuple[Hold, ...]) -> None:
    """A plan that began before its start condition held it stands still now, and what it waits for is asked for."""
    known = {one.key for one in draft.state.screening.holds}
    new = [one for one in (HeldRequirement(hold=hold) for hold in holds) if one.key not in known]
    if draft.state.closed or not new:
        return
    screening = draft.state.screening
    draft.set(screening=screening.but(holds=(*screening.holds, *new)))
    follow_holds(draft, new[0].hold.rule)


# -- what the paper changes -----------------------------------------------------------------------------


def follow_protocol(draft: Draft, held: HeldRequirement | None, surgical: SurgicalTechniques | None) -> None:
    """The techniques that the protocol read last allows: what it does not name goes, also if one before named it."""
    if not reads_protocol(draft.state, held):
        return
    read = surgical or SurgicalTechniques(techniques=_without_surgical(draft))
    if read.allowed != draft.protocol.surgical_techniques:
        draft.set(
            protocol=draft.protocol.but(
                revision=draft.protocol.revision + 1,
                surgical_techniques=read.allowed,
                techniques=read.techniques,
            )
        )


def _without_surgical(draft: Draft) -> tuple[str, ...]:
    gone = draft.protocol.surgical_techniques
    return tuple(one for one in draft.protocol.techniques if one not in gone)
