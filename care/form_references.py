"""References inside the screening form: fields, options, outcomes, and rings of items."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from care.pack_names import Found, must, some, unknown, walk
from care.pack_text import Path
from care.predicates import tests_in
from schemas.rules import RulePack
from schemas.rules_form import (
    NUMBER_TYPES,
    AnswerType,
    Operator,
    Outcome,
    RestrictionRef,
    ScreeningItem,
    Test,
)
from schemas.screening import URGENT, Disposition, Scope

ALL_HANDS_ON = "all_hands_on"
"""The word for every technique in which somebody touches the client."""
AFFECTED_SIDE = "affected"
"""The word for the side that the client named."""

_LISTED = (AnswerType.choice, AnswerType.multi)
_WANTS: dict[Operator, type] = {
    **dict.fromkeys((Operator.is_in, Operator.has_any), list),
    **dict.fromkeys((Operator.lt, Operator.lte, Operator.gt, Operator.gte), float),
    **dict.fromkeys((Operator.days_ago_lt, Operator.days_ago_gte), float),
    **dict.fromkeys((Operator.missing, Operator.present), type(None)),
}
_DATES = (Operator.days_ago_lt, Operator.days_ago_gte)
_MAGNITUDES = (Operator.lt, Operator.lte, Operator.gt, Operator.gte)
_ONE_VALUE = (Operator.eq, Operator.ne)
_HIGHEST: dict[AnswerType, int] = {AnswerType.int_0_10: 10, AnswerType.age_years: 120}


def owners(pack: RulePack) -> set[str]:
    """Everybody who may be named as the one whose document ends a hold."""
    approvers = {str(entry.get("role")) for entry in pack.meta.approvals_required}
    return {*pack.enums.roles, *pack.enums.escalation_chain, *approvers}


def form_references(pack: RulePack, raw: dict[str, Any]) -> Found:
    """Every name in the screening form that leads nowhere or to the wrong kind of answer."""
    default = pack.screening.default_unsure
    path: Path = ("screening", "default_unsure")
    yield from must(path, "owner", (default.owner,), owners(pack))
    yield from must(path, "document", (default.document,), pack.enums.clearance_documents)
    for place, check in enumerate(pack.screening.session_day_check):
        yield from must(
            ("screening", "session_day_check", place), "screening item", check.repeats, pack.items
        )
        if check.any_yes and not check.repeats:
            yield (
                ("screening", "session_day_check", place),
                "a yes asks nothing again; name the screening items in `any_yes` or `repeat`",
            )
    for place, one in enumerate(raw["screening"].get("contradictions") or ()):
        path = ("screening", "contradictions", place)
        yield from must(path, "profile", one.get("profiles", ()), pack.profiles)
        yield from must(path, "condition", one.get("conditions", ()), pack.conditions)
    for place, item in enumerate(pack.screening.items):
        path = ("screening", "items", place)
        yield from _item(item, path)
        yield from _params_in_use(raw["screening"]["items"][place], path)
        for number, rule in enumerate(item.rules):
            here = (*path, "rules", number)
            for test in tests_in(rule.when):
                yield from ((here, reason) for reason in _test_problems(pack, item, test))
            yield from _outcome(pack, item, rule.then, (*here, "then"))
        if item.unsure:
            yield from _outcome(pack, item, item.unsure, (*path, "unsure"))


def _item(item: ScreeningItem, path: Path) -> Found:
    if item.type in _LISTED and not item.options:
        yield path, "has no options to choose from"
    yield from must(path, "option", item.option_text, item.options)
    numbers = [field.f for field in item.subfields if field.type is AnswerType.int]
    yield from must((*path, "between"), "number asked below", item.between, numbers)
    for name, (low, high) in item.between.items():
        if low >= high:
            yield (*path, "between", name), f"{name} runs from {low} to {high}; give the lower first"
    dates = [field.f for field in item.subfields if field.type is AnswerType.date]
    yield from must((*path, "within_days"), "date asked below", item.within_days, dates)
    names = [field.f for field in item.subfields]
    for place, field in enumerate(item.subfields):
        here = (*path, "subfields", place)
        if names.count(field.f) > 1 or field.f in ("value", "side"):
            yield here, f"the sub-answer name {field.f!r} is taken; choose another"
        if field.type in _LISTED and not field.options:
            yield here, f"{field.f!r} has no options to choose from"
        yield from must(here, "option", field.only_if, item.options)


def _params_in_use(raw_item: dict[str, Any], path: Path) -> Found:
    """A parameter documents numbers of its rules; one that no rule uses has been changed in one place only."""
    used = {
        value
        for _, entry in walk(raw_item.get("rules"))
        for value in entry.values()
        if isinstance(value, int | float) and not isinstance(value, bool)
    }
    for name, value in (raw_item.get("params") or {}).items():
        if isinstance(value, int | float) and value not in used:
            yield (*path, "params", name), f"{name} is {value}, but no rule here uses {value}; change both"


def _never_or_always(item: ScreeningItem, test: Test, kind: AnswerType) -> Iterator[str]:
    """A comparison that no answer, or every answer, satisfies: the rule would never fire, or for everybody."""
    if test.op in (Operator.is_in, Operator.has_any) and not test.v:
        yield f"{test.op} with an empty list is never so; name what it looks for"
    elif kind is AnswerType.multi and test.op in _ONE_VALUE:
        yield f"{test.op} compares one answer, and {test.f} of {item.id} takes several; use has_any"
    elif test.op in _MAGNITUDES and (runs := _range_of(item, test, kind)) is not None:
        low, high = runs
        if not _splits(test.op, float(test.v), low, high):
            yield f"{test.op} {test.v:g} says nothing of {test.f} of {item.id}, which runs from {low} to {high}"


def _range_of(item: ScreeningItem, test: Test, kind: AnswerType) -> tuple[int, int] | None:
    """From where to where an answer runs; None where it has no end."""
    return (0, _HIGHEST[kind]) if kind in _HIGHEST else item.between.get(test.f)


def _splits(op: Operator, number: float, low: int, high: int) -> bool:
    """Whether some answers are on one side of the number and some on the other."""
    if op in (Operator.lt, Operator.gte):
        return low < number <= high
    return low <= number < high


def _kinds(item: ScreeningItem) -> dict[str, tuple[AnswerType, tuple[str, ...]]]:
    kinds = {field.f: (field.type, field.options) for field in item.subfields}
    return {"value": (item.type, item.options), **kinds}


def _test_problems(pack: RulePack, item: ScreeningItem, test: Test) -> Iterator[str]:
    target = pack.items.get(test.i) if test.i else item
    if target is None:
        yield unknown("screening item", str(test.i), pack.items)
        return
    kinds = _kinds(target)
    if test.f not in kinds:
        yield unknown(f"field of {target.id}", test.f, kinds)
        return
    kind, options = kinds[test.f]
    wants = _WANTS.get(test.op, object)
    v = (test.v,) if test.op in (Operator.eq, Operator.ne) else test.v
    if isinstance(test.v, bool) or not _fits(test.v, wants):
        yield f"{test.op} cannot take v: {test.v!r}; it needs {_SPOKEN.get(wants, 'a value')}"
    elif test.op in _DATES and kind is not AnswerType.date:
        yield f"{test.op} needs a date, and {test.f} of {target.id} is {kind}"
    elif test.op in _MAGNITUDES and kind not in NUMBER_TYPES:
        yield f"{test.op} needs a number, and {test.f} of {target.id} is {kind}"
    elif reasons := tuple(_never_or_always(target, test, kind)):
        yield from reasons
    elif kind in _LISTED and v is not None:
        yield from (reason for _, reason in must((), f"option of {target.id}", v, options))
    elif kind is AnswerType.region and v is not None:
        yield from (reason for _, reason in must((), "region", v, pack.enums.regions))


_SPOKEN = {list: "a list", float: "a number", type(None): "no v"}


def _fits(v: Any, wants: type) -> bool:
    return isinstance(v, int | float) if wants is float else isinstance(v, wants)


def _outcome(pack: RulePack, item: ScreeningItem, outcome: Outcome, path: Path) -> Found:
    kinds = _kinds(item)
    regions = [name for name, (kind, _) in kinds.items() if kind is AnswerType.region]
    dates = [name for name, (kind, _) in kinds.items() if kind is AnswerType.date]
    yield from must(path, "message", some(outcome.message), pack.messages)
    yield from must(path, "region", some(outcome.region), pack.enums.regions)
    yield from must(path, f"region field of {item.id}", some(outcome.region_from), regions)
    if outcome.clearance:
        yield from must(path, "owner", (outcome.clearance.owner,), owners(pack))
        yield from must(path, "document", (outcome.clearance.document,), pack.enums.clearance_documents)
    if outcome.defer:
        yield from must(path, f"date field of {item.id}", some(outcome.defer.days_from_field), dates)
        if (outcome.defer.days is None) is not (outcome.defer.days_from_field is None):
            yield path, "`days` and `days_from_field` go together; give both or neither"
    if outcome.disposition is Disposition.needs_clearance and not outcome.clearance:
        yield path, "needs_clearance names no clearance; say from whom, which document and valid_days"
    if outcome.disposition is Disposition.defer and not outcome.defer:
        yield path, "defer says nothing of when; give `defer: {until, rescreen_after_days}`"
    if outcome.disposition is Disposition.refer_urgent and outcome.urgency is None:
        yield path, "refer_urgent says nothing of how urgent; give `urgency`, or nobody would be asked to act"
    if outcome.scope is Scope.region and not (outcome.region or outcome.region_from):
        yield path, "scope region names no region; give `region` or `region_from`, or it would hold nothing"
    if outcome.urgency in URGENT and not outcome.message:
        yield path, f"{outcome.urgency} tells the client nothing; name the `message` that says what to do now"
    for ref in outcome.restrictions:
        yield from _restriction(pack, ref, regions, path)


def _restriction(pack: RulePack, ref: RestrictionRef, regions: list[str], path: Path) -> Found:
    yield from must(path, "restriction", (ref.code,), pack.restrictions)
    yield from must(path, "region", some(ref.region), pack.enums.regions)
    yield from must(path, "region field", some(ref.region_from), regions)
    yield from must(path, "side", some(ref.side), (*pack.enums.sides, AFFECTED_SIDE))
    yield from must(path, "technique", some(ref.technique), (*pack.techniques, ALL_HANDS_ON))


def rings_of_items(pack: RulePack, _raw: dict[str, Any]) -> Found:
    """Items that look at each other in a ring would make the order of questions matter."""
    looks_at = {
        item.id: {test.i for rule in item.rules for test in tests_in(rule.when) if test.i}
        for item in pack.screening.items
    }

    def reaches(start: str) -> bool:
        seen: set[str] = set()
        ahead = set(looks_at[start])
        while ahead:
            here = ahead.pop()
            if here == start:
                return True
            if here not in seen:
                seen.add(here)
                ahead |= looks_at.get(here, set())
        return False

    for place, item in enumerate(pack.screening.items):
        if reaches(item.id):
            yield ("screening", "items", place), f"{item.id} refers to itself through `i:`; break the ring"
