"""What a plan is told when screening questions were answered again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from care.assessing import items_needed
from care.screening import screen_again
from care.technique_limits import techniques_under
from schemas.commands import Rescreen
from schemas.plan import PlanState
from schemas.rules import RulePack


def asked_again(
    pack: RulePack,
    state: PlanState,
    today: date,
    *,
    known: Mapping[str, Any],
    told: Mapping[str, Any],
    whole: bool,
) -> Rescreen:
    """The answers `told` now over those `known` before, judged for what the plan treats; `whole` is the whole form.

    With the findings come the techniques that they leave (`plan_merge.allowed`), and
    what the physical assessment in force has not looked at.
    """
    protocol, made = state.protocol, state.assessment
    answers = {**known, **told}
    result = screen_again(pack, answers, today, protocol)

    def examined(by: Mapping[str, Any]) -> list[str]:
        needed = items_needed(pack, by, today, protocol.target_regions, protocol.condition)
        return [one.id for one in needed]

    covered = {*examined(known), *(made.items if made else ())}
    return Rescreen(
        result=result,
        items=() if whole else tuple(sorted(told)),
        techniques=techniques_under(
            pack, protocol, (*protocol.restrictions, *result.restrictions), protocol.target_regions
        ),
        unexamined=tuple(one for one in examined(answers) if one not in covered),
    )
