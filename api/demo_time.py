"""A demo's visitors move the clinic's time ahead; this is what they may ask for, and what they see meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Protocol


class Stride(StrEnum):
    """How far the clinic's time moves at once."""

    hour = "hour"
    day = "day"
    week = "week"
    next_event = "next"


@dataclass(frozen=True)
class Journey:
    """A move of the clinic's time: where it began, where it goes, where it is, and how it ended.

    `target` is None until the next event is known. `fault` is a sentence about what stopped it.
    """

    began_at: datetime
    target: datetime | None
    reached: datetime
    over: bool = False
    fault: str | None = None

    @property
    def percent(self) -> int:
        """How much of the way is behind, 0 to 100."""
        if self.over:
            return 100
        if self.target is None or self.target <= self.began_at:
            return 0
        return min(99, int(100 * ((self.reached - self.began_at) / (self.target - self.began_at))))


class DemoTime(Protocol):
    """The clinic's movable time."""

    def begin(self, stride: Stride, *, staff_decide: bool) -> None:
        """Set out, unless a journey is under way. Clients answer meanwhile, visits are kept and recorded.

        `staff_decide`: what waits for staff is dealt with as well, as far as it needs no letter from outside.
        """

    async def arrived(self, within: timedelta) -> bool:
        """Wait for the journey's end for so long; whether it has ended."""

    @property
    def journey(self) -> Journey | None:
        """The journey under way, or the last one; None before the first."""

    @property
    def under_way(self) -> bool:
        """Whether time is moving now, for whatever reason."""
