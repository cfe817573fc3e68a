"""ALG-10 at a screen: what holds and limits a plan, and of each why it stays or that it may be set aside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from api.asked_overriding import OverrideAsked
from api.console.asked_ahead import NOT_GIVEN, refusal_of
from api.console.limit_words import limit
from api.routes.overriding import override
from api.screening_story import hold_in_words
from care.overriding import rules_behind
from schemas.commands import Actor
from schemas.plan import PlanState
from schemas.rules import RulePack
from schemas.screening import Restriction

_WRITTEN: Final = "The reason is written in the form."
"""Stands for the words that the form will bring: what may be set aside is judged before anybody has written."""


@dataclass(frozen=True)
class HeldThing:
    """A hold or a restriction, as the fields of its form name it.

    `asked` are the client's answers behind it, as the questions; `why_not` is the guard's reason where it stays.
    """

    name: str
    what: str
    rules: tuple[str, ...]
    asked: tuple[str, ...]
    fields: Mapping[str, str]
    why_not: str | None


def held_things(pack: RulePack, state: PlanState, actor: Actor, now: datetime) -> tuple[HeldThing, ...]:
    """Every open hold and every restriction in force; those that may be set aside come first."""
    return tuple(sorted(_things(pack, state, actor, now), key=lambda one: one.why_not is not None))


def sets_aside(pack: RulePack, state: PlanState, actor: Actor, now: datetime) -> bool:
    """Whether this person may set anything of this plan aside now."""
    return any(one.why_not is None for one in _things(pack, state, actor, now))


def body(fields: Mapping[str, Any]) -> dict[str, Any]:
    """The API's body from a form's fields; what they leave out is its refusal."""
    restriction = {name: fields[name] for name in Restriction.names() if name in fields}
    named = {name: fields[name] for name in ("hold", "reason") if name in fields}
    return named | ({"restriction": restriction} if restriction else {})


FIELDS: Final = ("hold", "reason", *Restriction.names())
"""What a form may bring."""


def _things(pack: RulePack, state: PlanState, actor: Actor, now: datetime) -> Iterator[HeldThing]:
    yield from _holds(pack, state, actor, now)
    yield from _restrictions(pack, state, actor, now)


def _holds(pack: RulePack, state: PlanState, actor: Actor, now: datetime) -> Iterator[HeldThing]:
    for held in state.screening.holds:
        if held.discharged_at is None:
            fields = {"hold": held.key}
            yield HeldThing(
                name=f"hold-{held.key}",
                what=hold_in_words(pack, held.hold),
                rules=(held.hold.rule,),
                asked=_questions(pack, state, (held.hold.rule,)),
                fields=fields,
                why_not=_why_not(pack, state, actor, now, fields),
            )


def _restrictions(pack: RulePack, state: PlanState, actor: Actor, now: datetime) -> Iterator[HeldThing]:
    for one in state.protocol.restrictions:
        known = pack.restrictions.get(one.code)
        rules = rules_behind(pack, state.screening.result, one)
        fields = {
            name: str(told).lower() if told is True else told for name, told in one.plain().items() if told
        }
        yield HeldThing(
            name="-".join(("restriction", *fields.values())),
            what=limit(one.code, known.effect if known else None, one.technique, one.region, one.side),
            rules=(one.code, *rules),
            asked=_questions(pack, state, rules),
            fields=fields,
            why_not=_why_not(pack, state, actor, now, fields),
        )


def _questions(pack: RulePack, state: PlanState, rules: tuple[str, ...]) -> tuple[str, ...]:
    items = [one.item for one in state.screening.result.findings if one.rule in rules]
    return tuple(dict.fromkeys(pack.items[item].q for item in items if item in pack.items))


def _why_not(
    pack: RulePack, state: PlanState, actor: Actor, now: datetime, fields: Mapping[str, str]
) -> str | None:
    asked = OverrideAsked.model_validate(body({**fields, "reason": _WRITTEN}))
    refusal = refusal_of(state, actor, override(asked, state, pack, NOT_GIVEN), now)
    return refusal.sentence if refusal else None
