"""Which techniques a plan may use: what profile and condition allow, less what is ruled out.

Restrictions of some regions rule a technique out only when together they leave the plan no region to work on; the
restrictions themselves stay in the plan and limit the technique where they apply.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

from care.body import WHOLE_BODY, held_whole, parts_of, reach_of
from schemas.protocol import Protocol
from schemas.rules import RulePack
from schemas.rules_delivery import Condition, Profile, Technique, TechniqueRef
from schemas.screening import Restriction

EXCLUDE_TECHNIQUE = "R-EXCL-TECH"
ALL_HANDS_ON = "all_hands_on"

_REGION_OF_CODE = {"R-NO-NECK": "neck", "R-NO-NECK-END": "neck"}
"""Restrictions whose name holds their region."""


def allowed_techniques(
    pack: RulePack,
    *,
    profile: str,
    condition: str | None,
    restrictions: Iterable[Restriction],
    target_regions: tuple[str, ...],
    surgical: Collection[str] = (),
) -> tuple[str, ...]:
    """Techniques in the pack's order (`plan_merge.allowed`); empty means the therapist must decide.

    `surgical` are those that the surgical protocol allows (`allowed_only_if_protocol_says`). With no target region
    every restriction counts as covering the whole plan (P3).
    """
    defaults = defaults_of(pack, profile, condition)
    in_force = tuple(restrictions)
    return tuple(
        name
        for name, technique in pack.techniques.items()
        if all(allows(source, name, surgical) for source in defaults)
        and not cover(pack, [one for one in in_force if rules_out(one, name, technique)], target_regions)
    )


def allows(defaults: Profile | Condition, name: str, surgical: Collection[str]) -> bool:
    """Whether a profile or a condition has a technique, by itself or where the surgical protocol says so."""
    return name in defaults.allowed or (name in surgical and name in defaults.allowed_only_if_protocol_says)


def standing_restrictions(pack: RulePack, profile: str, condition: str | None) -> tuple[Restriction, ...]:
    """What profile and condition restrict by themselves, techniques to avoid included."""
    found: list[Restriction] = []
    for source in defaults_of(pack, profile, condition):
        found += [Restriction(code=code) for code in source.restrictions]
        found += [_avoided(ref) for ref in source.avoid]
    return tuple(dict.fromkeys(found))


def named_defaults(
    pack: RulePack, profile: str | None, condition: str | None
) -> dict[str, Profile | Condition]:
    """The profile and the condition that there are, each by its path in the pack. KeyError for an unknown one."""
    found: dict[str, Profile | Condition] = {}
    if profile is not None:
        found[f"profiles.{profile}"] = pack.profiles[profile]
    if condition is not None:
        found[f"conditions.{condition}"] = pack.conditions[condition]
    return found


def defaults_of(pack: RulePack, profile: str, condition: str | None) -> tuple[Profile | Condition, ...]:
    """The profile (who) and, where there is one, the condition (what). KeyError for an unknown one."""
    return tuple(named_defaults(pack, profile, condition).values())


def _avoided(ref: TechniqueRef) -> Restriction:
    return Restriction(code=EXCLUDE_TECHNIQUE, technique=ref.technique, region=ref.region)


def rules_out(restriction: Restriction, name: str, technique: Technique) -> bool:
    """Whether a restriction speaks against a technique, wherever it applies."""
    if restriction.code == EXCLUDE_TECHNIQUE:
        return restriction.technique in (name, ALL_HANDS_ON)
    return restriction.code in technique.avoid_if


def region_of(restriction: Restriction) -> str | None:
    """The region that a restriction is about; None for all of them."""
    region = restriction.region or _REGION_OF_CODE.get(restriction.code)
    return None if region == WHOLE_BODY else region


def cover(pack: RulePack, restrictions: Iterable[Restriction], target_regions: tuple[str, ...]) -> bool:
    """Whether restrictions together leave the plan no region to work on; none of them leave it all."""
    about = {region_of(one) for one in restrictions}
    if not about or None in about:
        return bool(about)
    ruled_out = reach_of(pack, [one for one in about if one])
    return all(held_whole(one, ruled_out, parts_of(pack)) for one in target_regions)


def techniques_under(
    pack: RulePack,
    protocol: Protocol,
    restrictions: tuple[Restriction, ...],
    target_regions: tuple[str, ...],
    surgical: tuple[str, ...] | None = None,
) -> tuple[str, ...]:
    """A plan's techniques once other restrictions or regions are its own; what a therapist left out stays out.

    `surgical` is what the surgical protocol allows from now on; None for what it did. A region that is held takes no
    technique from the plan: its hold keeps hands off while it lasts (ALG-6).
    """
    read = protocol.surgical_techniques

    def allowed(
        in_force: tuple[Restriction, ...], regions: tuple[str, ...], by_protocol: tuple[str, ...]
    ) -> set[str]:
        return set(
            allowed_techniques(
                pack,
                profile=protocol.profile,
                condition=protocol.condition,
                restrictions=[one for one in in_force if not one.held],
                target_regions=regions,
                surgical=by_protocol,
            )
        )

    before, after = (
        allowed(protocol.restrictions, protocol.target_regions, read),
        allowed(restrictions, target_regions, read if surgical is None else surgical),
    )
    kept = set(protocol.techniques) | (after - before)
    return tuple(name for name in pack.techniques if name in after & kept)
