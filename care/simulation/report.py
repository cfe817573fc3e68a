"""What many lives came to: texts, alerts, steps, ends, and every promise that was broken."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from statistics import median
from typing import Any

from care.simulation.story import Story
from schemas.messages import TextPurpose
from schemas.plan import Stage
from schemas.screening import Urgency


@dataclass
class Tally:
    """The sum of many stories, added one by one."""

    plans: int = 0
    weeks: float = 0
    steps: int = 0
    visits: int = 0
    texts: Counter[TextPurpose] = field(default_factory=Counter)
    alerts: Counter[Urgency] = field(default_factory=Counter)
    stages: Counter[Stage] = field(default_factory=Counter)
    first_step_downs: list[float | None] = field(default_factory=list)
    broken: Counter[str] = field(default_factory=Counter)
    rules: set[str] = field(default_factory=set)

    def add(self, story: Story) -> None:
        """One more life."""
        self.plans += 1
        self.weeks += story.weeks
        self.steps += story.steps
        self.visits += story.visits
        self.texts += story.texts
        self.alerts += story.alerts
        self.stages[story.stage] += 1
        self.first_step_downs.append(story.first_step_down)
        self.broken += story.broken
        self.rules |= story.rules

    @property
    def texts_per_client_week(self) -> float:
        """Texts to clients, for each week that a plan was open."""
        return round(sum(self.texts.values()) / self.weeks, 2) if self.weeks else 0.0

    def figures(self, seconds: float, cores: int = 1) -> dict[str, Any]:
        """The report as data. Alerts are per 100 client-weeks; `seconds` is what the lives took on so many cores."""
        went_down = [weeks for weeks in self.first_step_downs if weeks is not None]
        hundred_weeks = self.weeks / 100 or 1
        return {
            "plans": self.plans,
            "client_weeks": round(self.weeks, 1),
            "visits_per_plan": round(self.visits / max(1, self.plans), 2),
            "texts_per_client_week": self.texts_per_client_week,
            "texts_by_purpose": dict(self.texts.most_common()),
            "alerts_by_level": {level: self.alerts[level] for level in Urgency},
            "alerts_per_100_client_weeks": {
                level: round(self.alerts[level] / hundred_weeks, 2) for level in Urgency
            },
            "stages": dict(self.stages.most_common()),
            "share_discharged": round(self.stages[Stage.discharged] / max(1, self.plans), 4),
            "share_stepped_down": round(len(went_down) / max(1, self.plans), 4),
            "median_weeks_to_first_step_down": round(median(went_down), 1) if went_down else None,
            "steps": self.steps,
            "seconds": round(seconds, 2),
            "cores": cores,
            "microseconds_per_step": round(1e6 * seconds * cores / max(1, self.steps), 1),
            "rules_in_force": len(self.rules),
            "broken_promises": dict(self.broken),
        }


def compared(base: Tally, other: Tally) -> dict[str, Any]:
    """What another pack does with the same clients: who steps down earlier, how many alerts more or fewer.

    Clients are named by their number in the simulation, the same under every pack.
    """
    pairs = list(zip(base.first_step_downs, other.first_step_downs, strict=True))
    both = [(one, two) for one, two in pairs if one is not None and two is not None]
    shifts = [two - one for one, two in both]
    numbered = list(enumerate(pairs))
    return {
        "step_down": {
            "earlier": sum(shift < 0 for shift in shifts),
            "later": sum(shift > 0 for shift in shifts),
            "same": sum(shift == 0 for shift in shifts),
            "only_before": sum(one is not None and two is None for one, two in pairs),
            "only_now": sum(one is None and two is not None for one, two in pairs),
            "median_shift_weeks": round(median(shifts), 1) if shifts else None,
            "clients_earlier": [number for number, (one, two) in numbered if _sooner(two, one)],
            "clients_later": [number for number, (one, two) in numbered if _sooner(one, two)],
        },
        "alerts": {level: other.alerts[level] - base.alerts[level] for level in Urgency},
        "texts": sum(other.texts.values()) - sum(base.texts.values()),
        "visits": other.visits - base.visits,
        "discharged": other.stages[Stage.discharged] - base.stages[Stage.discharged],
        "not_started": _not_started(other) - _not_started(base),
    }


def _sooner(one: float | None, other: float | None) -> bool:
    """Whether a client steps down sooner in `one` life; never stepping down is the latest of all."""
    return one is not None and (other is None or one < other)


def _not_started(total: Tally) -> int:
    waiting = (Stage.deferred, Stage.awaiting_clearance, Stage.awaiting_approval, Stage.declined)
    return sum(total.stages[stage] for stage in waiting)
