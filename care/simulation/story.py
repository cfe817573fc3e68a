"""What a simulated life leaves to be counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from schemas.events import PlanEvent
from schemas.messages import TextPurpose
from schemas.plan import Stage
from schemas.screening import Urgency


@dataclass
class Story:
    """What a plan's life came to."""

    stage: Stage = Stage.screening
    weeks: float = 0
    steps: int = 0
    visits: int = 0
    texts: Counter[TextPurpose] = field(default_factory=Counter)
    alerts: Counter[Urgency] = field(default_factory=Counter)
    first_step_down: float | None = None
    broken: Counter[str] = field(default_factory=Counter)
    rules: set[str] = field(default_factory=set)

    def note_rules(self, events: Iterable[PlanEvent]) -> None:
        """Remember the rules that events name: those they went by, and those told as reasons."""
        rules = self.rules
        for event in events:
            if event.rule is not None:
                rules.add(event.rule)
            told = event.facts.get("rules") or event.facts.get("reasons")
            if isinstance(told, tuple):
                rules.update(told)
