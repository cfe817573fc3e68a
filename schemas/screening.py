"""What a screening form comes to: findings, holds, restrictions and one overall disposition.

Nothing here ever holds a client's own words: answers of type text are tested for presence only.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import field
from datetime import date
from enum import StrEnum
from typing import Final

from schemas.made import Made, made


class Disposition(StrEnum):
    """What a finding asks for, least restrictive first (`enums.disposition_order`)."""

    clear = "clear"
    modify = "modify"
    needs_clearance = "needs_clearance"
    defer = "defer"
    refer_urgent = "refer_urgent"

    @property
    def severity(self) -> int:
        """0 for `clear` up to 4 for `refer_urgent`: the order of the join."""
        return _SEVERITY[self]

    @classmethod
    def most_restrictive(cls, dispositions: Iterable[Disposition]) -> Disposition:
        """The join (ALG-2): the most severe of all, `clear` for none."""
        return max(dispositions, key=lambda one: one.severity, default=cls.clear)


_SEVERITY = {disposition: place for place, disposition in enumerate(Disposition)}


class Urgency(StrEnum):
    """Who is told and how fast, most urgent first (`enums.urgency`)."""

    E0 = "E0"
    E1 = "E1"
    E2 = "E2"
    E3 = "E3"

    @property
    def rank(self) -> int:
        """0 for an emergency up to 3 for routine."""
        return _RANK[self]

    @property
    def lowered(self) -> Urgency:
        """One level less urgent; E3 stays E3."""
        return _BY_RANK[min(self.rank + 1, 3)]

    @classmethod
    def most_urgent(cls, urgencies: Iterable[Urgency | None]) -> Urgency | None:
        """The most urgent of all that are known (ALG-3); None for none."""
        return min((one for one in urgencies if one is not None), key=lambda one: one.rank, default=None)


_BY_RANK = tuple(Urgency)
_RANK = {urgency: place for place, urgency in enumerate(Urgency)}

URGENT = frozenset({Urgency.E0, Urgency.E1})
"""What suspends a plan and pages somebody at once (MID-1)."""


class Scope(StrEnum):
    """Whether a finding blocks the whole plan or one region of the body."""

    plan = "plan"
    region = "region"


class HoldKind(StrEnum):
    """What ends a hold: a document, a date with a re-screen, an outcome elsewhere, an answer, a condition met."""

    clearance = "clearance"
    defer = "defer"
    refer_urgent = "refer_urgent"
    incomplete = "incomplete"
    start = "start"


EXCLUDE_REGION: Final = "R-EXCL-REGION"
"""What a held region brings with it: no technique there (ALG-6)."""


@made
class Restriction(Made):
    """One entry of the pack's restriction catalogue, with its parameters.

    `region` None means the restriction has no region, or holds everywhere. `held`: it comes with the hold of its
    region and goes when the document for that has come (ALG-6); what a rule itself asks for stays.
    """

    code: str
    region: str | None = None
    side: str | None = None
    technique: str | None = None
    held: bool = False


@made
class Hold(Made):
    """Something that must be discharged, by its own document or date, before hands-on work (ALG-4).

    `rule` names the pack's rule, or `<item>-unsure`, or `<item>-incomplete`; for what must be so before a plan
    starts, the pack's path to it. Then `confirm` is what a physiotherapist confirms beside the document, and until
    the plan has started any hold of the screening items in `holds_of` holds it whole.
    `parts` are the regions that its region contains, and that it holds too (ALG-6). `not_before` is the date of a
    defer; it alone never lifts the hold (ALG-7). `by_convention`: its wait rests on convention, so that a
    physiotherapist may override it with a reason (ALG-10).
    """

    rule: str
    kind: HoldKind
    scope: Scope
    region: str | None = None
    side: str | None = None
    parts: tuple[str, ...] = ()
    owner: str
    document: str | None = None
    valid_days: int | None = None
    not_before: date | None = None
    until: str = ""
    rescreen_on: date | None = None
    urgency: Urgency | None = None
    by_convention: bool = False
    confirm: tuple[str, ...] = ()
    holds_of: tuple[str, ...] = ()


@made
class Finding(Made):
    """One rule that matched, and what it asks for."""

    rule: str
    item: str
    disposition: Disposition
    urgency: Urgency | None = None
    scope: Scope = Scope.plan
    region: str | None = None
    message: str | None = None


@made
class ScreeningResult(Made):
    """The join of every finding of one form under one rule pack (ALG-1 … ALG-8b).

    `incomplete` lists the unanswered fields as `SCR-10` or `SCR-10.still_told_limits`.
    `message` is the one emergency text to send (ALG-3). `rescreen_on` is the earliest re-screen due.
    `target_parts` are those of the target regions that contain others, each with its smallest parts (ALG-6).
    Even an `overall` of clear still needs the physiotherapist's approval (ALG-9).
    """

    pack_version: str
    pack_hash: str
    evaluated_on: date
    target_regions: tuple[str, ...] = ()
    target_parts: dict[str, tuple[str, ...]] = field(default_factory=dict)
    overall: Disposition
    urgency: Urgency | None = None
    message: str | None = None
    findings: tuple[Finding, ...] = ()
    holds: tuple[Hold, ...] = ()
    restrictions: tuple[Restriction, ...] = ()
    region_holds: tuple[str, ...] = ()
    incomplete: tuple[str, ...] = ()
    earliest_restart: date | None = None
    rescreen_on: date | None = None
