"""What a plan refuses about starting and going on: an emergency, a hold, an old screening, no technique left."""

from __future__ import annotations

from datetime import datetime

from care.guards_treating import refuse_going_on, refuse_start_of_work
from care.local_time import local_day
from care.opening import blocking
from care.regions import treating
from schemas.commands import DecideApproval, NewRegions, Refusal
from schemas.plan import PlanState


def refuse_without_techniques(state: PlanState, command: DecideApproval) -> Refusal | None:
    """`plan_merge.empty_allowed`: without a technique there is no plan; the physiotherapist says what instead."""
    chosen = command.edit.techniques if command.edit else None
    there = command.regions.techniques if command.regions else state.protocol.techniques
    return refuse_no_technique(there if chosen is None else chosen)


def refuse_no_technique(left: tuple[str, ...]) -> Refusal | None:
    """A plan that nothing is left for neither starts nor goes on."""
    if left:
        return None
    return Refusal(
        code="nothing_allowed",
        sentence=(
            "No technique is left for what this plan treats (plan_merge); the session sheet says which rules leave "
            "them out. Treat other parts, set a restriction aside where that is yours to do, or decline the plan."
        ),
    )


def refuse_with_regions(state: PlanState, regions: NewRegions | None, now: datetime) -> Refusal | None:
    """ALG-6: nobody starts a plan whose new regions are held, or were never asked about; nothing changes then."""
    unfit = refuse_unfit(treating(state, regions), now) if regions is not None else None
    if unfit is None:
        return None
    way_out = (
        "Choose other parts; or change what is treated on the plan's page, and it waits for what is missing."
    )
    return unfit.but(sentence=f"Not with these parts of the body (ALG-6). {unfit.sentence} {way_out}")


def refuse_unfit(state: PlanState, now: datetime) -> Refusal | None:
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
        rules = ", ".join(dict.fromkeys(h.hold.rule for h in held))
        return Refusal(
            code="holds_open",
            sentence=f"These must be discharged first, each by its own document or review: {rules}.",
        )
    if local_day(state.protocol.hours, now) >= state.screening.valid_until:
        return Refusal(
            code="rescreen_needed",
            sentence=f"The screening ran out on {state.screening.valid_until}; repeat the whole form first.",
        )
    return None
