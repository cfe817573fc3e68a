"""What a worker measures about itself, for Prometheus. Labels are codes: never an id, never a person."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Histogram

from schemas.messages import MessageStatus, TextPurpose

_ACTIVITY_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
_LATENESS_SECONDS: Final = (1, 5, 15, 60, 300, 900, 3600, 4 * 3600, 12 * 3600)


class Metrics:
    """The instruments of one worker process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._texts = Counter(
            "limber_texts_total",
            "Texts by what became of them.",
            ("purpose", "status"),
            registry=self.registry,
        )
        self._text_lateness = Histogram(
            "limber_text_lateness_seconds",
            "From a text's order to its hand-over to the provider, in the plan's time.",
            registry=self.registry,
            buckets=_LATENESS_SECONDS,
        )
        self._activity = Histogram(
            "limber_activity_seconds",
            "How long an activity's attempt took.",
            ("activity", "outcome"),
            registry=self.registry,
            buckets=_ACTIVITY_SECONDS,
        )
        self._chores = Counter(
            "limber_housekeeping_total",
            "Housekeeping rounds by chore and outcome.",
            ("chore", "outcome"),
            registry=self.registry,
        )

    def text_settled(self, purpose: TextPurpose, status: MessageStatus) -> None:
        """A text reached a state in which this worker leaves it."""
        self._texts.labels(purpose, status).inc()

    def text_handed_over(self, late_by: timedelta) -> None:
        """A text went to the provider this long after it was ordered."""
        self._text_lateness.observe(max(late_by.total_seconds(), 0))

    def activity_ended(self, activity: str, outcome: str, seconds: float) -> None:
        """An attempt of an activity ended; `outcome` is `done`, `again` or `failed`."""
        self._activity.labels(activity, outcome).observe(seconds)

    def chore_ended(self, chore: str, outcome: str) -> None:
        """A round of housekeeping ended, `done` or `failed`."""
        self._chores.labels(chore, outcome).inc()
