"""What a plan is told when screening questions were answered again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final

from care.assessing import items_needed
from care.form_answers import SIDE, Field, form_of, read_item
from care.screening import screen_again
from care.technique_limits import techniques_under
from schemas.commands import Rescreen
from schemas.plan import PlanState
from schemas.rules import RulePack
from schemas.rules_form import AnswerType

_CONDITIONS: Final = frozenset({AnswerType.multi, AnswerType.choice, AnswerType.date})
_PLACES: Final = frozenset({AnswerType.region})
"""What a letter is about: numbers and free words change without anything new behind them."""


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

    With the findings come the techniques that they leave (`plan_merge.allowed`), what the physical assessment in
    force has not looked at, and which questions were answered with something that was not told before.
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
        other=_told_anew(pack, known, told, today, _CONDITIONS),
        elsewhere=_told_anew(pack, known, told, today, _PLACES),
    )


def _told_anew(
    pack: RulePack,
    known: Mapping[str, Any],
    told: Mapping[str, Any],
    today: date,
    kinds: frozenset[AnswerType],
) -> tuple[str, ...]:
    """The questions whose answers of these kinds say something that was not known; less than before is not more."""
    form = form_of(pack)

    def said(item: str, by: Mapping[str, Any]) -> set[Any]:
        fields = read_item(form, item, by.get(item), today).fields
        return {
            (field.name, one)
            for field in form.fields[item]
            if _kind(field) in kinds and (answer := fields.get(field.name)) is not None
            for one in (answer if isinstance(answer, tuple) else (answer,))
        }

    return tuple(sorted(item for item in told if said(item, told) - said(item, known)))


def _kind(field: Field) -> AnswerType:
    """The side belongs to the place."""
    return AnswerType.region if field.name == SIDE else field.type
