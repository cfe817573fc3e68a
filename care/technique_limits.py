"""Which techniques a plan may use: what profile and condition allow, less what is ruled out.

A restriction of one region rules a technique out only when the plan has no other region to work on; the
restriction itself stays in the plan and limits the technique where it applies.
"""

from __future__ import annotations

from collections.abc import Iterable

from schemas.protocol import Protocol
from schemas.rules import RulePack
from schemas.rules_delivery import Condition, Profile, Technique, TechniqueRef
from schemas.screening import Restriction

EXCLUDE_TECHNIQUE = "R-EXCL-TECH"
ALL_HANDS_ON = "all_hands_on"
WHOLE_BODY = "whole_body"

_REGION_OF_CODE = {"R-NO-NECK": "neck", "R-NO-NECK-END": "neck"}
"""Restrictions whose name holds their region."""


def allowed_techniques(
    pack: RulePack,
    *,
    profile: str,
    condition: str | None,
    restrictions: Iterable[Restriction],
    target_regions: tuple[str, ...],
) -> tuple[str, ...]:
    """Techniques in the pack's order (`plan_merge.allowed`); empty means the therapist must decide.

    With no target region every restriction counts as covering the whole plan (P3).
    """
    defaults = defaults_of(pack, profile, condition)
    in_force = tuple(restrictions)
    return tuple(
        name
        for name, technique in pack.techniques.items()
        if all(name in source.allowed for source in defaults)
        and not any(
            rules_out(restriction, name, technique) and covers(pack, restriction, target_regions)
            for restriction in in_force
        )
    )


def standing_restrictions(pack: RulePack, profile: str, condition: str | None) -> tuple[Restriction, ...]:
    """What profile and condition restrict by themselves, techniques to avoid included."""
    found: list[Restriction] = []
    for source in defaults_of(pack, profile, condition):
        found += [Restriction(code=code) for code in source.restrictions]
        found += [_avoided(ref) for ref in source.avoid]
    return tuple(dict.fromkeys(found))


def defaults_of(pack: RulePack, profile: str, condition: str | None) -> tuple[Profile | Condition, ...]:
    """The profile (who) and, where there is one, the condition (what). KeyError for an unknown one."""
    return (pack.profiles[profile], *((pack.conditions[condition],) if condition else ()))


def _avoided(ref: TechniqueRef) -> Restriction:
    return Restriction(code=EXCLUDE_TECHNIQUE, technique=ref.technique, region=ref.region)


def rules_out(restriction: Restriction, name: str, technique: Technique) -> bool:
    """Whether a restriction speaks against a technique, wherever it applies."""
    if restriction.code == EXCLUDE_TECHNIQUE:
        return restriction.technique in (name, ALL_HANDS_ON)
    return restriction.code in technique.avoid_if


def covers(pack: RulePack, restriction: Restriction, target_regions: tuple[str, ...]) -> bool:
    """Whether a restriction leaves the plan no region to work on."""
    region = restriction.region or _REGION_OF_CODE.get(restriction.code)
    if region is None or region == WHOLE_BODY:
        return True
    return set(target_regions) <= reach_of(pack, region)


def reach_of(pack: RulePack, region: str) -> set[str]:
    """A region and the parts that it contains."""
    return {region, *pack.enums.region_contains.get(region, ())}


def techniques_under(
    pack: RulePack,
    protocol: Protocol,
    restrictions: tuple[Restriction, ...],
    target_regions: tuple[str, ...],
) -> tuple[str, ...]:
    """A plan's techniques once other restrictions or regions are its own; what a therapist left out stays out."""

    def allowed(in_force: tuple[Restriction, ...], regions: tuple[str, ...]) -> set[str]:
        return set(
            allowed_techniques(
                pack,
                profile=protocol.profile,
                condition=protocol.condition,
                restrictions=in_force,
                target_regions=regions,
            )
        )

    before, after = (
        allowed(protocol.restrictions, protocol.target_regions),
        allowed(restrictions, target_regions),
    )
    kept = set(protocol.techniques) | (after - before)
    return tuple(name for name in pack.techniques if name in after & kept)
