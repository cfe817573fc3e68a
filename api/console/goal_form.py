"""The fields in which a goal is set, and the API's own body from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from api.console import goal_words
from api.console.forms import Sent
from api.console.words import headline
from api.problems import FieldProblem, invalid
from care.goals import changes_worth, goal_codes, joints
from schemas.goals import Device, JointAngle, Measure, Mode, Movement, Position, Side
from schemas.plan import PlanState
from schemas.rules import RulePack
from schemas.rules_delivery import OutcomeMeasure

_FIELDS: Final = ("goal_baseline", "goal_target")
_HOW: Final[Mapping[str, type[StrEnum]]] = MappingProxyType(
    {"movement": Movement, "side": Side, "mode": Mode, "position": Position, "device": Device}
)
"""What is kept the same each time that an angle is taken, beside its joint."""
_OF: Final = ":"
"""Between a measure and the joint it is taken of, in the value of a choice."""


@dataclass(frozen=True)
class Choice:
    """One thing to choose: the value that is sent, and its words."""

    value: str
    words: str


@dataclass(frozen=True)
class Group:
    """What a goal may be set in of one measure: itself, or under a heading the joints that it is taken of."""

    heading: str
    choices: tuple[Choice, ...]


@dataclass(frozen=True)
class GoalForm:
    """What a goal may be set in, as the plan's own pack has it, and how an angle is taken."""

    now: Measure
    groups: tuple[Group, ...]
    how: Mapping[str, tuple[Choice, ...]]


def goal_form(pack: RulePack, state: PlanState) -> GoalForm:
    """The choices for a plan, the measures of its profile first."""
    codes = goal_codes(pack, state.protocol.profile)
    return GoalForm(
        now=state.protocol.primary, groups=tuple(_group(pack, code) for code in codes), how=_CHOICES
    )


def _group(pack: RulePack, code: str) -> Group:
    measure = pack.measures[code]
    if not measure.is_angle:
        return Group("", (_scale(code, measure),))
    angles = tuple(_angle(code, measure, joint) for joint in joints(pack, measure))
    return Group("Range of a joint, in degrees", angles)


def _scale(code: str, measure: OutcomeMeasure) -> Choice:
    """`Stiffness: 0 to 10, lower is better, a change of 2 counts`."""
    low, high = measure.limits or (0, 0)
    span, way = f"{low:g} to {high:g}", f"{measure.better} is better"
    return Choice(code, f"{goal_words.code_name(code)}: {span}, {way}, a change of {measure.mcid:g} counts")


def _angle(code: str, measure: OutcomeMeasure, joint: str) -> Choice:
    """`Shoulder: 15° counts, 25° between two assessors`."""
    one, two = changes_worth(measure, JointAngle(joint=joint))
    counts = f"{one:g}° counts" + (f", {two:g}° between two assessors" if two != one else "")
    return Choice(f"{code}{_OF}{joint}", f"{headline(joint)}: {counts}")


_CHOICES: Final = MappingProxyType(
    {field: tuple(Choice(one.value, headline(one)) for one in words) for field, words in _HOW.items()}
)


def goal_asked(form: Sent) -> dict[str, Any]:
    """The goal that was filled in, as an edit's `primary`; nothing where its fields were left alone.

    How an angle is taken is read only where one was chosen: those fields are hidden otherwise, and keep their words.
    """
    values = {field.removeprefix("goal_"): word for field, word in form.filled(*_FIELDS).items()}
    chosen = form.word("goal_in")
    if not chosen and not values:
        return {}
    if not chosen:
        raise invalid([FieldProblem("goal_in", "Choose what the goal is set in, beside its numbers.")])
    code, _, joint = chosen.partition(_OF)
    values["code"] = code
    if joint:
        how = {field: word for field in _HOW if (word := form.word(f"goal_{field}"))}
        values["angle"] = {"joint": joint, **how}
    return {"primary": values}
