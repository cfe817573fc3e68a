"""The parts of the body that a plan treats, changed while it runs: judged by its own pack, never a way round a hold.

The screening in force speaks of the whole body, so its findings stay as they are; read for other regions they may
hold the plan, or leave part of it to work on (ALG-6). What holds the whole plan holds it whatever is treated (ALG-4).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, Final

from care.algebra import for_regions
from care.assessing import items_needed
from care.body import held_whole, parts_of, reach_of, smallest_parts
from care.draft import Draft
from care.following_holds import follow_holds
from care.opening import ask_to_rescreen
from care.pausing import suspend
from care.technique_limits import techniques_under
from schemas.commands import NewRegions, ProtocolEdit, Refusal
from schemas.events import EventKind
from schemas.plan import HeldRequirement, PlanState, ScreeningState
from schemas.protocol import Protocol
from schemas.rules import RulePack
from schemas.rules_form import AnswerType
from schemas.screening import HoldKind, ScreeningResult

RULE: Final = "ALG-6"
BLANK: Final = "ALG-8"


# -- what the pack makes of other regions ---------------------------------------------------------------


def judged_for(
    pack: RulePack, state: PlanState, answers: Mapping[str, Any], wanted: tuple[str, ...], today: date
) -> NewRegions:
    """What the plan is told with its new regions. `answers` are the client's latest.

    A restriction that was set aside counts again where it speaks of a region named now. A region that is only left
    out asks for nothing.
    """
    protocol, result, made = state.protocol, state.screening.result, state.assessment
    treated = reach_of(pack, protocol.target_regions)
    added = {one for one in wanted if not held_whole(one, treated, parts_of(pack))}
    reached = reach_of(pack, added)
    again = tuple(
        one
        for one in result.restrictions
        if one.region
        and not one.held
        and one not in protocol.restrictions
        and reached & reach_of(pack, (one.region,))
    )

    def examined(regions: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(one.id for one in items_needed(pack, answers, today, regions, protocol.condition))

    covered = {*examined(protocol.target_regions), *(made.items if made else ())}
    return NewRegions(
        target_regions=wanted,
        target_parts=smallest_parts(pack, wanted),
        restrictions=again,
        techniques=techniques_under(pack, protocol, (*protocol.restrictions, *again), wanted),
        unanswered=_unanswered(pack, result) if added else (),
        unexamined=tuple(one for one in examined(wanted) if one not in covered),
    )


def _unanswered(pack: RulePack, result: ScreeningResult) -> tuple[str, ...]:
    """The questions about a place that the client left open: they may be about the region named now."""
    open_items = {path.partition(".")[0] for path in result.incomplete}
    return tuple(
        item.id
        for item in pack.screening.items
        if item.id in open_items and any(sub.type is AnswerType.region for sub in item.subfields)
    )


# -- what a plan refuses --------------------------------------------------------------------------------


def refuse_regions(state: PlanState, regions: NewRegions | None, edit: ProtocolEdit | None) -> Refusal | None:
    """The same regions again, and techniques that the new ones rule out."""
    if regions is None:
        return None
    if set(regions.target_regions) == set(state.protocol.target_regions):
        return Refusal(
            code="same_regions",
            sentence=f"The plan treats {_named(state.protocol.target_regions)} already; choose what shall differ.",
        )
    wanted = edit.techniques if edit is not None else None
    beyond = tuple(one for one in wanted or () if one not in regions.techniques)
    if beyond:
        return Refusal(
            code="technique_ruled_out",
            sentence=f"Not for these regions: {_named(beyond)}. The session sheet says which rule and why.",
        )
    return None


def _named(codes: tuple[str, ...]) -> str:
    return ", ".join(codes).replace("_", " ")


# -- what the change does -------------------------------------------------------------------------------


def change_regions(draft: Draft, regions: NewRegions, reason_id: str | None) -> None:
    """The plan treats these regions from now on; what holds them counts at once, and nothing is lifted by it."""
    treat(draft, regions, reason_id)
    if regions.unanswered:
        suspend(draft, BLANK, regions.unanswered)
        ask_to_rescreen(draft, BLANK, None)
    follow_holds(draft, RULE)


def treat(draft: Draft, regions: NewRegions, reason_id: str | None) -> None:
    """Other regions, with what the plan's own rules make of them, and the story of it. The plan's stage stays."""
    before = draft.protocol
    draft.state = treating(draft.state, regions)
    _tell(draft, before, regions, reason_id)


def treating(state: PlanState, regions: NewRegions) -> PlanState:
    """The plan with these regions: its screening read for them, what nobody has examined there due again."""
    before, made = state.protocol, state.assessment
    examine = regions.unexamined and made is not None and made.outcome.lets_start
    return state.but(
        protocol=before.but(
            revision=before.revision + 1,
            target_regions=regions.target_regions,
            restrictions=tuple(dict.fromkeys((*before.restrictions, *regions.restrictions))),
            techniques=regions.techniques,
        ),
        screening=_read_for(state.screening, before, regions),
        assessment=None if examine else made,
    )


def _read_for(screening: ScreeningState, protocol: Protocol, regions: NewRegions) -> ScreeningState:
    """The same findings for other regions. A blank that somebody cleared for the former ones is open again.

    How long a screening counts hangs on what it came to; it never counts longer than it did.
    """
    result = for_regions(screening.result, regions.target_regions, regions.target_parts)
    days = protocol.screening_valid_by.get(result.overall, protocol.screening_valid_days)
    completed = screening.completed_on or screening.result.evaluated_on
    return screening.but(
        result=result,
        overall=result.overall,
        holds=tuple(_open_again(held, regions.unanswered) for held in screening.holds),
        repeat_items=tuple(sorted({*screening.repeat_items, *regions.unanswered})),
        valid_until=min(screening.valid_until, completed + timedelta(days=days)),
    )


def _open_again(held: HeldRequirement, unanswered: tuple[str, ...]) -> HeldRequirement:
    blank = held.hold.kind is HoldKind.incomplete and held.hold.rule.rpartition("-")[0] in unanswered
    return held.but(discharged_at=None, discharged_by=None, document_valid_until=None) if blank else held


def _tell(draft: Draft, before: Protocol, regions: NewRegions, reason_id: str | None) -> None:
    """The story names every rule that now limits or holds one of the plan's regions."""
    wanted, result = set(regions.target_regions), draft.state.screening.result
    within = {part for parts in regions.target_parts.values() for part in parts}
    at_work = (one.rule for one in result.findings if one.region in wanted | within)
    laws = [RULE, *(["ALG-5"] if regions.restrictions else []), *([BLANK] if regions.unanswered else [])]
    draft.event(
        EventKind.regions_changed,
        RULE,
        regions=regions.target_regions,
        added=tuple(one for one in regions.target_regions if one not in before.target_regions),
        left_out=tuple(one for one in before.target_regions if one not in wanted),
        overall=result.overall,
        rules=tuple(dict.fromkeys(at_work)),
        restrictions=tuple(sorted({one.code for one in regions.restrictions})),
        no_longer=tuple(one for one in before.techniques if one not in regions.techniques),
        allowed_now=tuple(one for one in regions.techniques if one not in before.techniques),
        ask_again=regions.unanswered,
        examine=regions.unexamined,
        laws=tuple(laws),
        revision=draft.protocol.revision,
        reason_id=reason_id,
    )
