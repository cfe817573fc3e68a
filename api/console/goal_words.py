"""A plan's goal and its measure as the console says them: what is taken, in which unit, and how."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from api.console.words import headline, plain
from schemas.goals import Measure

_NAMES: Final[Mapping[str, str]] = MappingProxyType({"NRS": "Pain (NRS)", "STIFF": "Stiffness"})


def code_name(code: str) -> str:
    """A measure by its code; what no word is known for goes by the code."""
    return _NAMES.get(code, headline(code))


def name(measure: Measure) -> str:
    """What is measured: `PSFS`, `Knee flexion, left`."""
    angle = measure.angle
    if angle is None:
        return code_name(measure.code)
    what = " ".join(plain(one) for one in (angle.joint, angle.movement) if one)
    return headline(f"{what}, {angle.side}" if angle.side else what)


def how(measure: Measure) -> str:
    """How an angle is taken, so that the next one is comparable; "" where nothing is said of it."""
    angle = measure.angle
    said = (angle.mode, angle.position, angle.device) if angle else ()
    return ", ".join(plain(one) for one in said if one)


def amount(measure: Measure, value: float) -> str:
    """A value in the measure's unit: `95°`, `3.5`."""
    return f"{value:g}°" if measure.angle else f"{value:g}"


def way(measure: Measure) -> str:
    """From where to where: `95° → 120°`."""
    return f"{amount(measure, measure.baseline)} → {amount(measure, measure.target)}"
