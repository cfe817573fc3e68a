"""What a simulated life leaves to be counted."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from schemas.events import PlanEvent
from schemas.messages import TextOrder
from schemas.plan import Stage
from schemas.screening import Urgency


@dataclass
class Story:
    """What a plan's life came to."""

    stage: Stage = Stage.screening
    weeks: float = 0
    steps: int = 0
    visits: int = 0
    events: list[PlanEvent] = field(default_factory=list)
    texts: list[TextOrder] = field(default_factory=list)
    alerts: Counter[Urgency] = field(default_factory=Counter)
    first_step_down: float | None = None
    discharged_after: float | None = None
    broken: Counter[str] = field(default_factory=Counter)
