"""A pack's screening form as it is judged: built once from the pack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from care.body import parts_of
from care.compiled import per_pack
from care.form_answers import NEGATIVE, UNSURE, VALUE, Form, ReadItem, form_of, read_item
from care.form_gaps import unanswered
from care.predicates import Check, compile_predicate, tests_in
from schemas.rules import RulePack
from schemas.rules_form import AnswerType, Outcome, Predicate, ScreeningItem


@dataclass(frozen=True)
class Rule:
    """One rule of an item. `by_convention`: a physiotherapist may judge its wait otherwise (ALG-10)."""

    id: str
    matches: Check
    outcome: Outcome
    judges_unsure: bool
    by_convention: bool


@dataclass(frozen=True)
class Conflict:
    """Answers that cannot both be so, or not of a plan with one of these profiles or conditions."""

    matches: Check
    profiles: frozenset[str]
    conditions: frozenset[str]
    why: str

    def concerns(self, profile: str | None, condition: str | None) -> bool:
        """Whether it is one for such a plan."""
        anybody = not (self.profiles or self.conditions)
        return anybody or profile in self.profiles or condition in self.conditions


@dataclass(frozen=True)
class PlainNo:
    """A no with nothing beside it, as it is given and as it is read."""

    given: Mapping[str, Any]
    read: ReadItem


@dataclass(frozen=True)
class Item:
    """One question of the form.

    `judged` are its fields that rules look at, `contradictions` the answers that cannot both be so and let it be
    asked again. `plain_no` is there where it calls for nothing, whatever else the form says.
    """

    asked: ScreeningItem
    rules: tuple[Rule, ...]
    unsure: Outcome
    judged: frozenset[str]
    contradictions: tuple[Conflict, ...]
    plain_no: PlainNo | None

    def read(self, form: Form, given: Any, today: date) -> ReadItem:
        """What was answered; most answers of most forms are a plain no."""
        if self.plain_no is not None and given == self.plain_no.given:
            return self.plain_no.read
        return read_item(form, self.asked.id, given, today)


@dataclass(frozen=True)
class Engine:
    """The whole form, and what a blank or an unsure answer to it means (`doubt`)."""

    form: Form
    items: tuple[Item, ...]
    doubt: Outcome
    reviewer: str
    review_document: str
    parts: Mapping[str, tuple[str, ...]]


@per_pack
def engine_of(pack: RulePack) -> Engine:
    """The pack's form, ready to judge answers."""
    default, form = pack.screening.default_unsure, form_of(pack)
    doubt = Outcome(disposition=default.disposition, urgency=default.urgency, scope=default.scope)
    judged = _judged_fields(pack)
    items = tuple(_item(pack, form, asked, judged[asked.id], doubt) for asked in pack.screening.items)
    return Engine(form, items, doubt, default.owner, default.document, parts_of(pack))


def _judged_fields(pack: RulePack) -> dict[str, frozenset[str]]:
    judged: dict[str, frozenset[str]] = {item.id: frozenset() for item in pack.screening.items}
    for item in pack.screening.items:
        for test in (test for rule in item.rules for test in tests_in(rule.when)):
            where = test.i or item.id
            judged[where] = judged.get(where, frozenset()) | {test.f}
    return judged


def _item(pack: RulePack, form: Form, asked: ScreeningItem, judged: frozenset[str], doubt: Outcome) -> Item:
    rules = tuple(
        Rule(
            rule.id,
            compile_predicate(rule.when, asked.id),
            rule.then,
            judges_unsure=_judges_unsure(rule.when),
            by_convention=bool(asked.convention) if rule.by_convention is None else rule.by_convention,
        )
        for rule in asked.rules
    )
    contradictions = tuple(
        Conflict(
            compile_predicate(one.when, one.ask), frozenset(one.profiles), frozenset(one.conditions), one.why
        )
        for one in pack.screening.contradictions
        if one.ask == asked.id
    )
    plain_no = None if contradictions else _plain_no(form, asked, rules, judged)
    return Item(asked, rules, asked.unsure or doubt, judged, contradictions, plain_no)


def _judges_unsure(when: Predicate) -> bool:
    """Whether a rule says itself what "unsure" among several ticks means."""
    own = (test.v for test in tests_in(when) if test.f == VALUE and test.i is None)
    return any(v == UNSURE or (isinstance(v, list) and UNSURE in v) for v in own)


def _plain_no(
    form: Form, asked: ScreeningItem, rules: tuple[Rule, ...], judged: frozenset[str]
) -> PlainNo | None:
    """The item's plain no, if no rule of it looks at another item, none matches it, and it leaves nothing open."""
    word = next((option for option in asked.options if option in NEGATIVE), None)
    looks_elsewhere = any(test.i is not None for rule in asked.rules for test in tests_in(rule.when))
    if word is None or looks_elsewhere:
        return None
    given = {VALUE: [word] if asked.type is AnswerType.multi else word}
    read = read_item(form, asked.id, given, date.min)
    matched = any(rule.matches({asked.id: read.fields}, date.min) for rule in rules)
    return None if matched or any(unanswered(asked, judged, read)) else PlainNo(given, read)
