"""Texts to a client under 16 go only as agreed (SCR-24): off until the consent record says that they are.

What the client wants (`texts_on`) is another matter: a child who asks for texts has not agreed for the adults.
"""

from __future__ import annotations

from typing import Final

from care.draft import Draft
from schemas.alerts import AlertReason
from schemas.commands import DecideApproval, Refusal
from schemas.events import EventKind
from schemas.messages import Audience, TextOrder, TextPurpose
from schemas.plan import Approval, HeldRequirement, PlanState, Stage
from schemas.screening import ScreeningResult, Urgency

RULE: Final = "SCR-24-a"
"""The finding of a client under 16. Its hold waits for the consent record, which says what is agreed about texts."""


def need_agreement(result: ScreeningResult) -> bool:
    """Whether this client's texts wait for an agreement."""
    return any(finding.rule == RULE for finding in result.findings)


def asks_about_texts(held: HeldRequirement | None) -> bool:
    """Whether the paper that ends a hold also says whether texts are agreed."""
    return held is not None and held.hold.rule == RULE


def refuse_agreement(state: PlanState, approval: Approval, agreed: bool | None) -> Refusal | None:
    """An agreement about texts stands in the consent record of a client under 16 and nowhere else."""
    held = state.held(approval.proposal.hold_key)
    if agreed is None or asks_about_texts(held):
        return None
    return Refusal(
        code="texts_not_here",
        sentence=f"Only the consent record of a client under 16 agrees on texts ({RULE}); leave it out here.",
    )


def reaches_client(state: PlanState, order: TextOrder) -> bool:
    """Whether a text is one for the client that would not be kept back: they get texts, or it is about safety."""
    goes = state.takes_texts or order.purpose is TextPurpose.safety
    return order.audience is Audience.client and goes


def record_agreement(draft: Draft, command: DecideApproval) -> None:
    """What the consent record says about texts. Left open it is no: the clinic rings instead."""
    before, agreed = draft.state.texts_agreed, command.texts_agreed is True
    draft.event(EventKind.texts_agreed if agreed else EventKind.texts_not_agreed, RULE)
    draft.set(texts_agreed=agreed)
    if agreed and not before:
        draft.set(texts_since=draft.now)
        if draft.state.texts_on:
            draft.close_alerts(AlertReason.opted_out, "texts agreed")
    if before and not agreed:
        draft.withdraw_texts()
        draft.set(prompts=())
        if draft.state.stage in (Stage.active, Stage.suspended):
            ring_instead(draft)


def ring_instead(draft: Draft) -> None:
    """Somebody arranges by telephone what texts would have said: to a client who wants none, or may have none."""
    draft.raise_alert(AlertReason.opted_out, Urgency.E3, RULE if draft.state.texts_on else "INT-10")
