"""What a player of a plan works with."""

from __future__ import annotations

from dataclasses import dataclass

from cli.playing.clock import PlanClock
from cli.playing.people import Staff
from cli.playing.watch import PlanWatch


@dataclass(frozen=True)
class PlayedClinic:
    """What a player works with: the staff's API, the plan's clock, and a look at the plan."""

    staff: Staff
    clock: PlanClock
    watch: PlanWatch
