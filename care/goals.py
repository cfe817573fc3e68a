"""The goals that a pack lets a physiotherapist set: in which measure, between which values, by which change.

The pack's own numbers go into the goal: whoever sets it says from where to where, never how much counts.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from care.body import parts_of
from schemas.base import Frozen, Measured
from schemas.goals import JointAngle, Measure
from schemas.rules import RulePack
from schemas.rules_delivery import OutcomeMeasure

FIRST_GOAL: Final = "PSFS"
"""What the client wants to be able to do, 0-10, as the form asks it: every plan begins with it."""

DEFAULT: Final = "default"
"""The line of the pack's tables for a joint that they do not name."""

Fault = tuple[str, str]
"""The field that is wrong, and what to do about it."""


class WantedGoal(Frozen):
    """A goal as it is asked for. `mcid` may be left out; `angle` belongs to a measure in degrees."""

    code: str
    baseline: Measured
    target: Measured
    mcid: Measured | None = None
    angle: JointAngle | None = None


def goal_codes(pack: RulePack, profile: str) -> tuple[str, ...]:
    """The measures that a goal may be set in; those that the profile names come first."""
    fit = [code for code, measure in pack.measures.items() if measure.sets_goals]
    known = pack.profiles.get(profile)
    first = [code for code in known.goal_measures if code in fit] if known else []
    return tuple(dict.fromkeys((*first, *fit)))


def joints(pack: RulePack, measure: OutcomeMeasure) -> tuple[str, ...]:
    """What an angle may be of: the table's own lines, then the parts of the body that it has no line for."""
    named = [joint for joint in measure.mdc_same_assessor if joint != DEFAULT]
    begun = {joint.partition("_")[0] for joint in named}
    wholes = parts_of(pack)
    others = [one for one in pack.enums.regions if one not in wholes and one.partition("_")[0] not in begun]
    return (*named, *others)


def goal_faults(pack: RulePack, wanted: WantedGoal) -> Iterator[Fault]:
    """Why the pack does not let this goal be set; nothing where it does."""
    measure = pack.measures.get(wanted.code)
    if measure is None or not measure.sets_goals:
        fit = ", ".join(code for code, one in pack.measures.items() if one.sets_goals)
        yield "code", f"{wanted.code[:40]!r} is no measure that a goal can be set in; choose one of: {fit}."
        return
    yield from _values(measure, wanted)
    yield from _angle(pack, measure, wanted)


def _values(measure: OutcomeMeasure, wanted: WantedGoal) -> Iterator[Fault]:
    code, limits = wanted.code, measure.limits
    outside = [
        name
        for name in ("baseline", "target")
        if limits is not None and not limits[0] <= getattr(wanted, name) <= limits[1]
    ]
    for name in outside:
        low, high = limits or (0, 0)
        yield name, f"{code} goes from {low:g} to {high:g}{_unit(measure)}; check the number."
    if outside:
        return
    if wanted.target == wanted.baseline:
        yield "target", f"It is {wanted.target:g} already; set a goal that is still to be reached."
        return
    higher = measure.higher_is_better
    if higher is not None and (wanted.target > wanted.baseline) is not higher:
        way = "higher" if higher else "lower"
        yield (
            "target",
            f"In {code} {way} is better: from {wanted.baseline:g} the goal must be {way}, not {wanted.target:g}.",
        )


def _unit(measure: OutcomeMeasure) -> str:
    return " degrees" if measure.is_angle else ""


def _angle(pack: RulePack, measure: OutcomeMeasure, wanted: WantedGoal) -> Iterator[Fault]:
    angle = wanted.angle
    if not measure.is_angle:
        if angle is not None:
            yield "angle", f"A joint belongs to a range in degrees; leave it out of a goal in {wanted.code}."
        yield from _own_number(wanted, measure.mcid)
        return
    known = joints(pack, measure)
    if angle is None:
        yield "angle.joint", f"Say which joint; one of: {', '.join(known)}."
    elif angle.joint not in known:
        yield "angle.joint", f"{angle.joint[:40]!r} is no joint here; choose one of: {', '.join(known)}."
    elif angle.joint in pack.enums.regions and angle.movement is None:
        yield "angle.movement", f"Say which movement of the {_said(angle.joint)}: only the same is compared."
    else:
        yield from _own_number(wanted, changes_worth(measure, angle)[0])


def _said(code: str) -> str:
    return code.replace("_", " ")


def _own_number(wanted: WantedGoal, own: float | None) -> Iterator[Fault]:
    if own is not None and wanted.mcid not in (None, own):
        yield "mcid", f"The rule pack says which change counts: {own:g}. Leave it out."


def changes_worth(measure: OutcomeMeasure, angle: JointAngle | None) -> tuple[float | None, float | None]:
    """The change worth acting on; and for an angle that between two assessors."""
    if angle is None:
        return measure.mcid, None
    same, between = measure.mdc_same_assessor, measure.mdc_between
    return same.get(angle.joint, same[DEFAULT]), between.get(angle.joint, between[DEFAULT])


def goal(pack: RulePack, wanted: WantedGoal) -> Measure:
    """The goal with the pack's numbers. Raises ValueError with the first of `goal_faults`."""
    for field, reason in goal_faults(pack, wanted):
        raise ValueError(f"{field}: {reason}")
    worth, between = changes_worth(pack.measures[wanted.code], wanted.angle)
    if worth is None:
        raise ValueError(f"measures.{wanted.code} has no mcid; state one in the rule pack")
    return Measure(
        code=wanted.code,
        baseline=wanted.baseline,
        target=wanted.target,
        mcid=worth,
        mdc_between=between,
        angle=wanted.angle,
    )
