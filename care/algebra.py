"""The disposition algebra: a join of findings that is order-free, repeat-safe and only ever more cautious."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import date
from types import MappingProxyType
from typing import Final

from care.body import Parts, held_whole
from schemas.screening import (
    Disposition,
    Finding,
    Hold,
    Restriction,
    Scope,
    ScreeningResult,
    Urgency,
)

MESSAGE_FIRST = ("SCR-02", "SCR-01", "SCR-03")
"""ALG-3: whose message goes out when several are equally urgent; the others follow by item id."""
_NO_PARTS: Final[Parts] = MappingProxyType({})
BLOCKS = (Disposition.needs_clearance, Disposition.defer)
"""What holds a region when it is found at region scope (ALG-6)."""


@dataclass
class Evidence:
    """Sets of what was found. Every field of a result follows from them."""

    findings: set[Finding] = field(default_factory=set)
    holds: set[Hold] = field(default_factory=set)
    restrictions: set[Restriction] = field(default_factory=set)
    incomplete: set[str] = field(default_factory=set)


def conclude(
    evidence: Evidence,
    pack_version: str,
    pack_hash: str,
    evaluated_on: date,
    *,
    target_regions: Collection[str] = (),
    target_parts: Parts = _NO_PARTS,
) -> ScreeningResult:
    """The result that the evidence amounts to (ALG-2 … ALG-7). `target_parts`: the smallest parts of the targets."""
    findings = tuple(sorted(evidence.findings, key=_by_item))
    region_holds = {one.region for one in findings if one.region and one.disposition in BLOCKS}
    targets = tuple(sorted(set(target_regions)))
    return ScreeningResult(
        pack_version=pack_version,
        pack_hash=pack_hash,
        evaluated_on=evaluated_on,
        target_regions=targets,
        target_parts=dict(target_parts),
        overall=_overall(findings, region_holds, targets, target_parts),
        urgency=Urgency.most_urgent(one.urgency for one in findings),
        message=_message(findings),
        findings=findings,
        holds=tuple(sorted(evidence.holds, key=_plain)),
        restrictions=tuple(sorted(evidence.restrictions, key=_plain)),
        region_holds=tuple(sorted(region_holds)),
        incomplete=tuple(sorted(evidence.incomplete)),
        earliest_restart=max((hold.not_before for hold in evidence.holds if hold.not_before), default=None),
        rescreen_on=min((hold.rescreen_on for hold in evidence.holds if hold.rescreen_on), default=None),
    )


def for_regions(
    result: ScreeningResult, target_regions: Collection[str], target_parts: Parts
) -> ScreeningResult:
    """The same findings, holds and restrictions for a plan that treats other regions (ALG-6)."""
    evidence = Evidence(
        set(result.findings), set(result.holds), set(result.restrictions), set(result.incomplete)
    )
    return conclude(
        evidence,
        result.pack_version,
        result.pack_hash,
        result.evaluated_on,
        target_regions=target_regions,
        target_parts=target_parts,
    )


def found_now(result: ScreeningResult, before: ScreeningResult, asked: Collection[str]) -> ScreeningResult:
    """Of a repeated screening what the client says now: what was asked again, or follows from it and is new.

    `asked` are the questions put again; none means all of them. What they said of the others was acted on when they
    said it, and stays in the record.
    """
    told = {(one.rule, one.region) for one in before.findings}
    now = {
        one for one in result.findings if not asked or one.item in asked or (one.rule, one.region) not in told
    }
    return conclude(Evidence(findings=now), result.pack_version, result.pack_hash, result.evaluated_on)


def _by_item(one: Finding) -> tuple[str, str, str]:
    return one.item, one.rule, one.region or ""


def _plain(value: Hold | Restriction) -> tuple[str, ...]:
    """A total order over values with optional parts, the same on every machine."""
    return tuple(str(getattr(value, name)) for name in value.names())


def _overall(
    findings: Iterable[Finding], held: set[str], targets: tuple[str, ...], parts: Parts
) -> Disposition:
    """ALG-2 over plan scope; a region hold is at least `modify`, and the plan's own if every target is held."""
    findings = tuple(findings)
    asked = [one.disposition for one in findings if one.scope is Scope.plan]
    local = [one for one in findings if one.scope is Scope.region]
    if any(one.disposition is not Disposition.clear for one in local):
        asked.append(Disposition.modify)
    if targets and all(held_whole(one, held, parts) for one in targets):
        at_work = {*targets, *(part for within in parts.values() for part in within)}
        asked += [one.disposition for one in local if one.region in at_work]
    return Disposition.most_restrictive(asked)


def _message(findings: Iterable[Finding]) -> str | None:
    """ALG-3: one text at most, the most urgent finding's."""
    speaking = [one for one in findings if one.message and one.urgency]
    first = min(speaking, key=_by_urgency, default=None)
    return first.message if first else None


def _by_urgency(one: Finding) -> tuple[int, int, str, str]:
    rank = one.urgency.rank if one.urgency else len(Urgency)
    tie = MESSAGE_FIRST.index(one.item) if one.item in MESSAGE_FIRST else len(MESSAGE_FIRST)
    return rank, tie, one.item, one.rule


def laws_at_work(result: ScreeningResult) -> tuple[str, ...]:
    """The laws of the algebra that shaped this result, for the plan's story."""
    partial = [path for path in result.incomplete if "." in path]
    shaped = {
        "ALG-1": True,
        "ALG-2": True,
        "ALG-3": result.urgency is not None,
        "ALG-4": bool(result.holds),
        "ALG-5": bool(result.restrictions),
        "ALG-6": bool(result.region_holds),
        "ALG-7": result.rescreen_on is not None or result.earliest_restart is not None,
        "ALG-8": len(result.incomplete) > len(partial),
        "ALG-8b": bool(partial),
        "ALG-9": True,
    }
    return tuple(law for law, applies in shaped.items() if applies)


def join(results: Collection[ScreeningResult]) -> ScreeningResult:
    """One result as cautious as all of them together: nothing found by any is lost.

    Raises ValueError for no result, or for results of different packs or plans, which cannot be joined.
    """
    if not results:
        raise ValueError("there is nothing to join; screen a form first")
    terms = {(one.pack_version, one.pack_hash, one.target_regions) for one in results}
    if len(terms) > 1:
        raise ValueError(
            "results of different rule packs or target regions do not join; screen again with one"
        )
    version, pack_hash, targets = terms.pop()
    target_parts = next(iter(results)).target_parts
    together = Evidence()
    for one in results:
        together.findings.update(one.findings)
        together.holds.update(one.holds)
        together.restrictions.update(one.restrictions)
        together.incomplete.update(one.incomplete)
    latest = max(one.evaluated_on for one in results)
    return conclude(together, version, pack_hash, latest, target_regions=targets, target_parts=target_parts)
