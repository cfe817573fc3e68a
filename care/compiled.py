"""What the engine builds from a pack once and keeps: predicates, patterns, conditions."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

from schemas.rules import RulePack

T = TypeVar("T")
_PACKS_KEPT = 8


def per_pack(build: Callable[[RulePack], T]) -> Callable[[RulePack], T]:
    """Keep what `build` makes of a pack, by its content hash, for the last few packs in use."""
    kept: dict[str, T] = {}

    @wraps(build)
    def built(pack: RulePack) -> T:
        made = kept.get(pack.content_hash)
        if made is None:
            while len(kept) >= _PACKS_KEPT:
                kept.pop(next(iter(kept)))
            made = kept[pack.content_hash] = build(pack)
        return made

    return built
