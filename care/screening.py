"""Screening: from a form's answers to findings, holds, restrictions and one disposition (ALG-1 … ALG-8b).

Every rule of every item is evaluated and every match is kept. The result is derived from sets of what
was found (`care.algebra`), so the order of answers never matters, nothing is counted twice, and a further
finding only ever makes it more cautious.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from care.algebra import BLOCKS, Evidence, conclude, join, rescreen_merge
from care.compiled import per_pack
from care.form_answers import (
    NEGATIVE,
    SIDE,
    UNSURE,
    VALUE,
    FieldError,
    ReadItem,
    age_years,
    form_of,
    read_item,
    validate_answers,
)
from care.predicates import Check, compile_predicate, tests_in
from schemas.rules import RulePack
from schemas.rules_form import NUMBER_TYPES, Defer, Outcome, Predicate, RestrictionRef, ScreeningItem
from schemas.screening import Disposition, Finding, Hold, HoldKind, Restriction, Scope, ScreeningResult

WHOLE_BODY = "whole_body"
EXCLUDE_REGION = "R-EXCL-REGION"
AFFECTED_SIDE = "affected"
"""The pack's word for the side that the client named; unknown means both."""
_NOTHING_WRONG = NEGATIVE | {UNSURE}
"""Choices that call for no details."""

__all__ = ["FieldError", "age_years", "join", "rescreen_merge", "screen", "validate_answers"]


@dataclass(frozen=True)
class _Rule:
    id: str
    matches: Check
    outcome: Outcome
    judges_unsure: bool


@dataclass(frozen=True)
class _Item:
    asked: ScreeningItem
    rules: tuple[_Rule, ...]
    unsure: Outcome
    judged: frozenset[str]
    """Its fields that rules look at."""
    contradictions: tuple[Check, ...]
    """Answers that cannot both be so, and let this item be asked again."""


@dataclass(frozen=True)
class _Engine:
    items: tuple[_Item, ...]
    doubt: Outcome
    reviewer: str
    review_document: str
    parts: Mapping[str, tuple[str, ...]]


@per_pack
def _engine_of(pack: RulePack) -> _Engine:
    default = pack.screening.default_unsure
    doubt = Outcome(disposition=default.disposition, urgency=default.urgency, scope=default.scope)
    judged: dict[str, frozenset[str]] = {item.id: frozenset() for item in pack.screening.items}
    for item in pack.screening.items:
        for test in (test for rule in item.rules for test in tests_in(rule.when)):
            where = test.i or item.id
            judged[where] = judged.get(where, frozenset()) | {test.f}
    items = tuple(
        _Item(
            item,
            tuple(
                _Rule(rule.id, compile_predicate(rule.when, item.id), rule.then, _judges_unsure(rule.when))
                for rule in item.rules
            ),
            item.unsure or doubt,
            judged[item.id],
            tuple(
                compile_predicate(one.when, item.id)
                for one in pack.screening.contradictions
                if one.ask == item.id
            ),
        )
        for item in pack.screening.items
    )
    return _Engine(items, doubt, default.owner, default.document, pack.enums.region_contains)


def _judges_unsure(when: Predicate) -> bool:
    """Whether a rule says itself what "unsure" among several ticks means."""
    own = (test.v for test in tests_in(when) if test.f == VALUE and test.i is None)
    return any(v == UNSURE or (isinstance(v, list) and UNSURE in v) for v in own)


def screen(
    pack: RulePack, answers: Mapping[str, Any], today: date, target_regions: Collection[str] = ()
) -> ScreeningResult:
    """Judge a form under a pack on a day. Nothing that a form says clears anyone by itself (ALG-9).

    `target_regions` are the regions the plan would treat: when all of them are held, so is the plan
    (ALG-6). Never raises for what a client answered: what cannot be read makes the form incomplete.
    """
    engine, form = _engine_of(pack), form_of(pack)
    read = {
        item.asked.id: read_item(form, item.asked.id, answers.get(item.asked.id), today)
        for item in engine.items
    }
    fields = {name: one.fields for name, one in read.items()}
    evidence = Evidence()
    for item in engine.items:
        asked, given = item.asked, read[item.asked.id]
        matched = [rule for rule in item.rules if rule.matches(fields, today)]
        unsure = _left_unsure(item, given.fields.get(VALUE), matched)
        unanswered = [*_unanswered(item, given)]
        if item.contradictions and any(differ(fields, today) for differ in item.contradictions):
            unanswered.append(asked.id)
        if not (matched or unsure or unanswered):
            continue
        judge = _Judge(engine, evidence, asked, given, today)
        for rule in matched:
            judge.apply(rule.id, rule.outcome)
        if unsure:
            judge.apply(f"{asked.id}-unsure", item.unsure)
        if unanswered:
            evidence.incomplete.update(unanswered)
            judge.apply_incomplete(f"{asked.id}-incomplete")
    return conclude(evidence, pack.version, pack.content_hash, today, target_regions)


def _left_unsure(item: _Item, value: Any, matched: list[_Rule]) -> bool:
    """ "Unsure" was chosen, and no rule that matched has already said what it means."""
    if value == UNSURE:
        return True
    ticked = isinstance(value, tuple) and UNSURE in value
    settled = item.asked.unsure is None and any(rule.judges_unsure for rule in matched)
    return ticked and not settled


def _unanswered(judged: _Item, read: ReadItem) -> Iterator[str]:
    """ALG-8 and ALG-8b: what must be answered and is not, cannot be read, or contradicts the rest of the item."""
    item, value = judged.asked, read.fields.get(VALUE)
    if (item.required and value is None) or VALUE in read.unreadable:
        yield item.id
    if not item.subfields:
        return
    chosen = set(value) if isinstance(value, tuple) else {value}
    positive = value is not None and not chosen <= _NOTHING_WRONG
    asked_always = item.type in NUMBER_TYPES
    denied = value is not None and not positive and not asked_always and UNSURE not in chosen
    for sub in item.subfields:
        if sub.f not in read.fields:
            needed = not chosen.isdisjoint(sub.only_if) if sub.only_if else positive or asked_always
            wanting = needed and not sub.optional
        else:
            at_odds = denied and sub.f in judged.judged and not sub.optional and _affirms(read.fields[sub.f])
            wanting = at_odds or _too_low(item, sub.f, read)
        if wanting or sub.f in read.unreadable:
            yield f"{item.id}.{sub.f}"


def _affirms(answer: Any) -> bool:
    """Whether a sub-answer says something beside the item's own no."""
    if isinstance(answer, tuple):
        return bool(set(answer) - NEGATIVE)
    return answer not in NEGATIVE


def _too_low(item: ScreeningItem, field: str, read: ReadItem) -> bool:
    """A number lower than the one that it cannot be lower than."""
    if field not in item.not_below:
        return False
    given, least = read.fields[field], read.fields.get(item.not_below[field])
    return isinstance(given, int) and isinstance(least, int) and given < least


@dataclass(frozen=True)
class _Judge:
    """Puts one item's outcomes into evidence."""

    engine: _Engine
    evidence: Evidence
    item: ScreeningItem
    read: ReadItem
    today: date

    def apply(self, rule: str, outcome: Outcome) -> None:
        """Record a matched rule: its finding, its holds and its restrictions, at plan or region scope."""
        regions = self._held_regions(outcome)
        for place in regions or (None,):
            for part in (place, *self.engine.parts.get(place or "", ())):
                self._find(rule, outcome, part)
            self.evidence.holds.update(self._holds(rule, outcome, place))
        for ref in outcome.restrictions:
            self.evidence.restrictions.update(self._restrictions(ref))

    def apply_incomplete(self, rule: str) -> None:
        """ALG-8: a blank behaves as the pack's default for unsure, and is lifted by answering."""
        doubt = self.engine.doubt
        self._find(rule, doubt, None)
        self.evidence.holds.add(self._hold(rule, HoldKind.incomplete, doubt, None))

    def _held_regions(self, outcome: Outcome) -> tuple[str, ...]:
        """The regions of a region-scope outcome; none means plan scope, also when the region is unknown."""
        if outcome.scope is Scope.plan or outcome.disposition is Disposition.refer_urgent:
            return ()
        regions = self._regions(outcome.region, outcome.region_from)
        return () if WHOLE_BODY in regions else regions

    def _regions(self, fixed: str | None, field: str | None) -> tuple[str, ...]:
        if fixed:
            return (fixed,)
        return tuple(self.read.fields.get(field, ())) if field else ()

    @property
    def _side(self) -> str | None:
        side = self.read.fields.get(SIDE)
        return side if isinstance(side, str) else None

    def _find(self, rule: str, outcome: Outcome, region: str | None) -> None:
        self.evidence.findings.add(
            Finding(
                rule=rule,
                item=self.item.id,
                disposition=outcome.disposition,
                urgency=outcome.urgency,
                scope=Scope.region if region else Scope.plan,
                region=region,
                message=outcome.message,
            )
        )
        if region and outcome.disposition in BLOCKS:
            self.evidence.restrictions.add(Restriction(code=EXCLUDE_REGION, region=region, side=self._side))

    def _holds(self, rule: str, outcome: Outcome, region: str | None) -> Iterator[Hold]:
        """ALG-4: one hold for each requirement, each with its own way out."""
        if outcome.disposition is Disposition.refer_urgent:
            yield self._hold(rule, HoldKind.refer_urgent, outcome, region)
        elif outcome.clearance or outcome.disposition is Disposition.needs_clearance:
            yield self._hold(rule, HoldKind.clearance, outcome, region)
        if outcome.defer or outcome.disposition is Disposition.defer:
            yield self._deferral(rule, outcome, region)

    def _hold(self, rule: str, kind: HoldKind, outcome: Outcome, region: str | None) -> Hold:
        clearance = outcome.clearance
        return Hold(
            rule=rule,
            kind=kind,
            scope=Scope.region if region else Scope.plan,
            region=region,
            side=self._side if region else None,
            parts=self.engine.parts.get(region or "", ()),
            owner=clearance.owner if clearance else self.engine.reviewer,
            document=clearance.document if clearance else self.engine.review_document,
            valid_days=clearance.valid_days if clearance else None,
            urgency=outcome.urgency,
        )

    def _deferral(self, rule: str, outcome: Outcome, region: str | None) -> Hold:
        """ALG-7: the date says when to look again; a physiotherapist lifts the hold after a re-screen."""
        terms = outcome.defer
        return Hold(
            rule=rule,
            kind=HoldKind.defer,
            scope=Scope.region if region else Scope.plan,
            region=region,
            side=self._side if region else None,
            parts=self.engine.parts.get(region or "", ()),
            owner=self.engine.reviewer,
            not_before=self._date_of(terms) if terms else None,
            until=terms.until if terms else "",
            rescreen_on=self.today + timedelta(days=terms.rescreen_after_days) if terms else None,
            urgency=outcome.urgency,
            by_convention=bool(self.item.convention) and self._is_own(outcome),
        )

    def _is_own(self, outcome: Outcome) -> bool:
        """Whether no other clinician has a word in it (ALG-10)."""
        return outcome.clearance is None or outcome.clearance.owner == self.engine.reviewer

    def _date_of(self, terms: Defer) -> date | None:
        since = self.read.fields.get(terms.days_from_field) if terms.days_from_field else None
        return (
            since + timedelta(days=terms.days) if isinstance(since, date) and terms.days is not None else None
        )

    def _restrictions(self, ref: RestrictionRef) -> Iterator[Restriction]:
        """ALG-5. An unknown region leaves the restriction without one: it then holds everywhere."""
        named = self._side if ref.region_from or ref.side == AFFECTED_SIDE else ref.side
        for region in self._regions(ref.region, ref.region_from) or (None,):
            yield Restriction(code=ref.code, region=region, side=named, technique=ref.technique)
