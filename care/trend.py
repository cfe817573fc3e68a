"""The taper policy's definitions: direction, progress, on track, regression. Unknown stays unknown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TypeVar

from schemas.taper import PainTrend, PrimaryTrend, TaperPolicy

V = TypeVar("V")
ROUNDING = 1e-9
"""What arithmetic on fractions may lose; a comparison gives the client the benefit of it."""


def direction(primary: PrimaryTrend) -> int | None:
    """+1 if the measure should rise, -1 if it should fall, None if the goal does not say."""
    baseline, target = primary.baseline, primary.target
    if baseline is None or target is None or baseline == target:
        return None
    return 1 if target > baseline else -1


def progress(primary: PrimaryTrend, value: float | None) -> float | None:
    """The share of the way from baseline to target, clipped to 0 … 1; None if unknown."""
    baseline, target = primary.baseline, primary.target
    if value is None or baseline is None or target is None or baseline == target:
        return None
    share = (value - baseline) / (target - baseline)
    return 0.0 if share <= 0 else 1.0 if share >= 1 else share


def on_track(
    policy: TaperPolicy,
    primary: PrimaryTrend,
    planned_weeks: float | None,
    value: float | None,
    week: float | None,
) -> bool:
    """At the goal, or at least where the plan expected the client to be by that week, less the tolerance."""
    share = progress(primary, value)
    if share is None:
        return False
    if share >= 1:
        return True
    if week is None or not planned_weeks or planned_weeks < 0:
        return False
    expected = week / planned_weeks if week < planned_weeks else 1.0
    return share >= expected - policy.on_track_tolerance - ROUNDING


def regression(primary: PrimaryTrend, values: Sequence[float]) -> float | None:
    """How far all of `values` have fallen back from the best at this step, in the improving direction."""
    way, best = direction(primary), primary.best_at_step
    if way is None or best is None or not values:
        return None
    return best - max(values) if way > 0 else min(values) - best


def last(values: Sequence[V], count: int) -> Sequence[V]:
    """The last `count` values; none at all if there are fewer."""
    return values[-count:] if len(values) >= count else ()


def known(values: Iterable[float | None]) -> list[float]:
    """The values that were taken."""
    return [value for value in values if value is not None]


def last_known(values: Iterable[float | None], count: int) -> Sequence[float]:
    """The last `count` values that were taken; none at all if there are fewer."""
    return last(known(values), count)


def confirmed(pain: PainTrend, apart_hours: float) -> Sequence[float]:
    """The last known reading after the latest one that lies so many hours before it; none at all without such a pair.

    Readings that lie nearer to the last are of the same bad days, or the same good ones: they confirm nothing.
    """
    if len(pain.hours_before) != len(pain.recent):
        gap = pain.last_gap_hours
        return () if gap is not None and gap < apart_hours else last_known(pain.recent, 2)
    last_one: float | None = None
    for value, hours in zip(reversed(pain.recent), reversed(pain.hours_before), strict=True):
        if value is None:
            continue
        if last_one is None:
            last_one = value
        elif hours >= apart_hours:
            return value, last_one
    return ()


def complete(values: Sequence[float | None], count: int) -> bool:
    """Whether there are `count` values and each of the last `count` was taken."""
    return len(values) >= count and None not in values[-count:]
