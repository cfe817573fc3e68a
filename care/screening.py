"""Screening: from a form's answers to findings, holds, restrictions and one disposition (ALG-1 … ALG-8b).

Every rule of every item is evaluated and every match is kept; for a plain no that calls for nothing, once for all
forms (`care.form_engine`). The result is derived from sets of what was found (`care.algebra`), so the order of
answers never matters, nothing is counted twice, and a further finding only ever makes it more cautious.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from care.algebra import BLOCKS, Evidence, conclude, join
from care.body import WHOLE_BODY, smallest_parts
from care.form_answers import SIDE, UNSURE, VALUE, FieldError, ReadItem, age_years, validate_answers
from care.form_engine import Engine, Item, Rule, engine_of
from care.form_gaps import unanswered
from care.start_condition import start_holds
from schemas.protocol import Protocol
from schemas.rules import RulePack
from schemas.rules_form import Defer, Outcome, RestrictionRef, ScreeningItem
from schemas.screening import (
    EXCLUDE_REGION,
    Disposition,
    Finding,
    Hold,
    HoldKind,
    Restriction,
    Scope,
    ScreeningResult,
)

AFFECTED_SIDE = "affected"
"""The pack's word for the side that the client named; unknown means both."""

__all__ = ["FieldError", "age_years", "join", "screen", "screen_again", "validate_answers"]


def screen(
    pack: RulePack,
    answers: Mapping[str, Any],
    today: date,
    target_regions: Collection[str] = (),
    *,
    profile: str | None = None,
    condition: str | None = None,
) -> ScreeningResult:
    """Judge a form under a pack on a day. Nothing that a form says clears anyone by itself (ALG-9).

    `target_regions` are the regions the plan would treat: when all of them are held, so is the plan
    (ALG-6). `profile` and `condition` are the plan's; they add what must be so before it starts, and what a form
    cannot say of such a plan. Never raises for what a client answered: what cannot be read makes the form incomplete.
    """
    engine = engine_of(pack)
    read, fields = {}, {}
    for item in engine.items:
        name = item.asked.id
        given = read[name] = item.read(engine.form, answers.get(name), today)
        fields[name] = given.fields
    evidence = Evidence(holds=set(start_holds(pack, profile, condition)))
    for item in engine.items:
        asked, given = item.asked, read[item.asked.id]
        if item.plain_no is not None and given is item.plain_no.read:
            continue
        matched = [rule for rule in item.rules if rule.matches(fields, today)]
        unsure = _left_unsure(item, given.fields.get(VALUE), matched)
        gaps = [*unanswered(asked, item.judged, given)]
        conflicts = [
            one
            for one in item.contradictions
            if one.concerns(profile, condition) and one.matches(fields, today)
        ]
        gaps += [asked.id for _ in conflicts]
        if not (matched or unsure or gaps):
            continue
        judge = _Judge(engine, evidence, asked, given, today)
        for rule in matched:
            judge.apply(rule.id, rule.outcome, by_convention=rule.by_convention)
        if unsure:
            judge.apply(f"{asked.id}-unsure", item.unsure)
        if gaps:
            evidence.incomplete.update(gaps)
            judge.apply_incomplete(
                f"{asked.id}-incomplete", " ".join(one.why for one in conflicts if one.why)
            )
    parts = smallest_parts(pack, target_regions)
    return conclude(
        evidence,
        pack.version,
        pack.content_hash,
        today,
        target_regions=target_regions,
        target_parts=parts,
    )


def screen_again(pack: RulePack, answers: Mapping[str, Any], today: date, plan: Protocol) -> ScreeningResult:
    """Judge the answers of somebody who has a plan, for what the plan treats, of whom and for what."""
    return screen(pack, answers, today, plan.target_regions, profile=plan.profile, condition=plan.condition)


def _left_unsure(item: Item, value: Any, matched: list[Rule]) -> bool:
    """ "Unsure" was chosen, and no rule that matched has already said what it means."""
    if value == UNSURE:
        return True
    ticked = isinstance(value, tuple) and UNSURE in value
    settled = item.asked.unsure is None and any(rule.judges_unsure for rule in matched)
    return ticked and not settled


@dataclass(frozen=True)
class _Judge:
    """Puts one item's outcomes into evidence."""

    engine: Engine
    evidence: Evidence
    item: ScreeningItem
    read: ReadItem
    today: date

    def apply(self, rule: str, outcome: Outcome, *, by_convention: bool = False) -> None:
        """Record a matched rule: its finding, its holds and its restrictions, at plan or region scope."""
        regions = self._held_regions(outcome)
        for place in regions or (None,):
            for part in (place, *self.engine.parts.get(place or "", ())):
                self._find(rule, outcome, part)
            self.evidence.holds.update(self._holds(rule, outcome, place, by_convention))
        for ref in outcome.restrictions:
            self.evidence.restrictions.update(self._restrictions(ref))

    def apply_incomplete(self, rule: str, why: str) -> None:
        """ALG-8: a blank behaves as the pack's default for unsure, and is lifted by answering.

        `why` says what cannot be so, where answers contradict each other or the plan.
        """
        doubt = self.engine.doubt
        self._find(rule, doubt, None)
        self.evidence.holds.add(self._hold(rule, HoldKind.incomplete, doubt, None).but(until=why))

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
            self.evidence.restrictions.add(
                Restriction(code=EXCLUDE_REGION, region=region, side=self._side, held=True)
            )

    def _holds(self, rule: str, outcome: Outcome, region: str | None, by_convention: bool) -> Iterator[Hold]:
        """ALG-4: one hold for each requirement, each with its own way out."""
        if outcome.disposition is Disposition.refer_urgent:
            yield self._hold(rule, HoldKind.refer_urgent, outcome, region)
        elif outcome.clearance or outcome.disposition is Disposition.needs_clearance:
            yield self._hold(rule, HoldKind.clearance, outcome, region)
        if outcome.defer or outcome.disposition is Disposition.defer:
            yield self._deferral(rule, outcome, region, by_convention)

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

    def _deferral(self, rule: str, outcome: Outcome, region: str | None, by_convention: bool) -> Hold:
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
            by_convention=by_convention and self._is_own(outcome),
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
