"""What a player of a plan works with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from cli.playing.clock import PlanClock
from cli.playing.people import Staff
from cli.playing.watch import PlanWatch


@dataclass(frozen=True)
class PlayedClinic:
    """What a player works with: the staff's API, the plan's clock, a look at the plan, the client's own answers."""

    staff: Staff
    clock: PlanClock
    watch: PlanWatch
    screening: Mapping[str, Mapping[str, Any]]
