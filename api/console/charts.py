"""Measures over time as points and lines: scores from 0 to 10, the primary measure with its target, the ladder."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from api.console.life import Stay, Visit
from api.console.time_axis import TimeAxis
from schemas.goals import Measure
from schemas.taper import Step

_MARGIN = 0.08


@dataclass(frozen=True)
class Point:
    """One measured value."""

    x: float
    y: float
    value: float
    session_no: int


@dataclass(frozen=True)
class Curve:
    """A measure's values in order of time."""

    name: str
    points: tuple[Point, ...]

    @property
    def path(self) -> str:
        """The line through the points, for `<polyline>`."""
        return " ".join(f"{point.x},{point.y}" for point in self.points)


@dataclass(frozen=True)
class Scale:
    """Values from `low` at the bottom of a panel to `high` at its top."""

    low: float
    high: float
    top: float
    bottom: float

    def y(self, value: float) -> float:
        """Where a value stands."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.bottom - min(1.0, max(0.0, share)) * (self.bottom - self.top), 1)


@dataclass(frozen=True)
class PrimaryPanel:
    """The primary measure: its curve, the target, the baseline, and `worth`, the smallest change that matters."""

    measure: Measure
    worth: float
    curve: Curve
    target_y: float
    baseline_y: float
    mcid_top: float
    mcid_height: float


def curve(visits: Iterable[Visit], name: str, axis: TimeAxis, scale: Scale) -> Curve:
    """One measure of the sessions where it was taken."""
    taken = [(visit, getattr(visit, name)) for visit in visits]
    points = [
        Point(axis.x(visit.at), scale.y(value), value, visit.no)
        for visit, value in taken
        if value is not None
    ]
    return Curve(name, tuple(points))


def primary_panel(
    visits: Sequence[Visit], measure: Measure, worth: float, axis: TimeAxis, span: tuple[float, float]
) -> PrimaryPanel:
    """The primary measure between the values that it has, should reach, and began with; `span` is top and bottom."""
    values = [visit.primary for visit in visits if visit.primary is not None]
    known = [*values, measure.baseline, measure.target]
    room = (max(known) - min(known) or 1.0) * _MARGIN
    scale = Scale(min(known) - room, max(known) + room, *span)
    better = measure.baseline + (worth if measure.target >= measure.baseline else -worth)
    band = sorted((scale.y(measure.baseline), scale.y(better)))
    return PrimaryPanel(
        measure,
        worth,
        curve(visits, "primary", axis, scale),
        scale.y(measure.target),
        scale.y(measure.baseline),
        band[0],
        round(band[1] - band[0], 1),
    )


@dataclass(frozen=True)
class Stair:
    """One step of the ladder as it was lived, or lies ahead."""

    x: float
    y: float
    width: float
    step: Step
    label: str
    future: bool


def ladder_line(stairs: Iterable[Stair]) -> str:
    """The staircase as one line, for `<polyline>`."""
    return " ".join(f"{one.x},{one.y} {round(one.x + one.width, 1)},{one.y}" for one in stairs)


def stairs(
    stays: Sequence[Stay], labels: Sequence[tuple[Step, str]], axis: TimeAxis, top: float, bottom: float
) -> tuple[Stair, ...]:
    """Each stay at its height: the most frequent visits at the top, one line down for each step."""
    height = (bottom - top) / max(1, len(labels) - 1)
    place = {step: top + number * height for number, (step, _) in enumerate(labels)}
    names = dict(labels)
    now = []
    for stay in stays:
        left, right = axis.x(stay.since), axis.x(stay.until or axis.end)
        now.append(
            Stair(
                left,
                round(place[stay.step], 1),
                max(0.0, right - left),
                stay.step,
                names[stay.step],
                stay.until is None,
            )
        )
    return tuple(now)
