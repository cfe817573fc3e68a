"""The body as a rule pack divides it: which parts lie in which, and when a region is held whole (ALG-6)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from collections.abc import Set as AbstractSet

from care.compiled import per_pack
from schemas.rules import RulePack

WHOLE_BODY = "whole_body"
"""The region that contains every other, whatever a pack lists."""

Parts = Mapping[str, tuple[str, ...]]
"""Regions that contain others, each with what lies in it."""


@per_pack
def parts_of(pack: RulePack) -> Parts:
    """Every region that contains others, with all that lies in it, parts of parts included."""
    named = pack.enums.region_contains
    parts = {whole: _within(whole, named) for whole in named}
    if WHOLE_BODY in pack.enums.regions:
        parts[WHOLE_BODY] = tuple(one for one in pack.enums.regions if one != WHOLE_BODY)
    return parts


def _within(whole: str, named: Parts) -> tuple[str, ...]:
    found: dict[str, None] = {}
    ahead = list(named[whole])
    while ahead:
        part = ahead.pop(0)
        if part != whole and part not in found:
            found[part] = None
            ahead += named.get(part, ())
    return tuple(found)


def smallest_parts(pack: RulePack, regions: Collection[str]) -> dict[str, tuple[str, ...]]:
    """Those of some regions that contain others, each with the smallest parts that make it up."""
    parts = parts_of(pack)
    return {
        one: tuple(part for part in parts[one] if part not in parts)
        for one in sorted(regions)
        if one in parts
    }


def reach_of(pack: RulePack, regions: Iterable[str]) -> set[str]:
    """These regions and all that lies in them."""
    parts = parts_of(pack)
    return {part for one in regions for part in (one, *parts.get(one, ()))}


def touching(pack: RulePack, regions: Iterable[str]) -> set[str]:
    """Every region that has something in common with these: they themselves, what lies in them, what they lie in."""
    reach = reach_of(pack, regions)
    return reach | {whole for whole, parts in parts_of(pack).items() if not reach.isdisjoint(parts)}


def held_whole(region: str, held: AbstractSet[str], parts: Parts) -> bool:
    """Whether nothing of a region is left over: it is among those held itself, or every smallest part of it is.

    `held` names what lies in a held region beside the region itself; `parts` are as `parts_of` or `smallest_parts`
    give them.
    """
    if region in held:
        return True
    smallest = [part for part in parts.get(region, ()) if part not in parts]
    return bool(smallest) and held >= set(smallest)
