"""A plan's goal: the measure it is set in, and for an angle of a joint how the angle is taken."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

from schemas.base import Measured
from schemas.made import Made, made


class Movement(StrEnum):
    """The movement whose range is taken."""

    flexion = "flexion"
    extension = "extension"
    side_flexion = "side_flexion"
    rotation = "rotation"
    internal_rotation = "internal_rotation"
    external_rotation = "external_rotation"
    abduction = "abduction"
    adduction = "adduction"
    dorsiflexion = "dorsiflexion"
    plantar_flexion = "plantar_flexion"


class Side(StrEnum):
    """The side of the body."""

    left = "left"
    right = "right"


class Mode(StrEnum):
    """Who moves the joint: the client, or the assessor."""

    active = "active"
    passive = "passive"


class Position(StrEnum):
    """How the client is placed."""

    lying_face_up = "lying_face_up"
    lying_face_down = "lying_face_down"
    lying_on_the_side = "lying_on_the_side"
    sitting = "sitting"
    standing = "standing"
    lunge = "lunge"


class Device(StrEnum):
    """What the angle is read from."""

    goniometer = "goniometer"
    inclinometer = "inclinometer"


@made
class JointAngle(Made, extra="forbid"):
    """Which angle is taken, and how (PA-03). Only angles taken alike are compared (`measures.ROM.rule`).

    `joint` is a name of the pack's `mdc_same_assessor`, or a region that the table has no line for. Unknown keys are
    refused: a typo would lose part of what makes two values comparable.
    """

    joint: str
    movement: Movement | None = None
    side: Side | None = None
    mode: Mode | None = None
    position: Position | None = None
    device: Device | None = None

    @property
    def parts(self) -> tuple[str, ...]:
        """What is said of it, the joint first."""
        said = (self.joint, self.movement, self.side, self.mode, self.position, self.device)
        return tuple(str(one) for one in said if one is not None)


@made
class Measure(Made):
    """The plan's primary measure and its goal.

    `mcid` is the change worth acting on. For an angle that is the change beyond measuring error of one assessor, and
    `mdc_between` that between two, in degrees; `by` is who took the baseline. None: one number holds for everybody.
    """

    code: str
    baseline: Measured
    target: Measured
    mcid: Measured
    mdc_between: Measured | None = None
    angle: JointAngle | None = None
    by: str | None = None

    def worth(self, assessors: Iterable[str | None]) -> float:
        """The change worth acting on between values that these took; None among them is somebody unknown."""
        if self.mdc_between is None:
            return self.mcid
        who = set(assessors)
        return self.mcid if len(who) == 1 and None not in who else self.mdc_between

    def compares_with(self, other: Measure) -> bool:
        """Whether a value of the one says something beside a value of the other: measured alike, with one aim."""
        alike = (self.code, self.angle) == (other.code, other.angle)
        return alike and (self.target >= self.baseline) == (other.target >= other.baseline)
