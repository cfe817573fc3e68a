"""A restriction as the console says it: what must not be done, and where."""

from __future__ import annotations

from typing import Final

from api.console.words import plain
from care.technique_limits import ALL_HANDS_ON, EXCLUDE_TECHNIQUE
from schemas.screening import EXCLUDE_REGION

_EVERY_TECHNIQUE: Final = "hands-on technique"


def limit(code: str, effect: str | None, technique: str | None, region: str | None, side: str | None) -> str:
    """`no PNF contract relax (Lower back)`: the pack's effect, or the code where the pack no longer knows it.

    Of a technique or a region that is ruled out the pack says only that the restriction names it: here it is named.
    """
    about = [technique, region, side]
    said = effect or code
    if code == EXCLUDE_TECHNIQUE and technique is not None:
        said = f"no {_EVERY_TECHNIQUE if technique == ALL_HANDS_ON else plain(technique)}"
        about = [region, side]
    elif code == EXCLUDE_REGION and region is not None:
        said = "no technique"
    names = ", ".join(plain(one) for one in about if one)
    return f"{said} ({names})" if names else said
