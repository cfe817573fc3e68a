"""What the API measures about itself. Labels are codes and route patterns: never an id, never a person."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from database.figures import Figures

_SECONDS: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15)


class ApiMetrics:
    """The instruments of one API process."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._requests = Histogram(
            "limber_http_request_seconds",
            "How long requests took, by route pattern.",
            ("method", "route", "status"),
            registry=self.registry,
            buckets=_SECONDS,
        )
        self._webhooks = Counter(
            "limber_webhooks_total",
            "Calls from the SMS provider by kind and what was done with them.",
            ("kind", "outcome"),
            registry=self.registry,
        )
        self._intakes = Counter(
            "limber_intakes_total",
            "Intake forms accepted, by what screening came to.",
            ("overall",),
            registry=self.registry,
        )
        self._refusals = Counter(
            "limber_commands_refused_total",
            "Commands that a plan refused, by code.",
            ("code",),
            registry=self.registry,
        )

    def request_ended(self, method: str, route: str, status: int, seconds: float) -> None:
        """A request was answered."""
        self._requests.labels(method, route, str(status)).observe(seconds)

    def webhook(self, kind: str, outcome: str) -> None:
        """The provider called; `outcome` is `stored`, `repeat` or `refused`."""
        self._webhooks.labels(kind, outcome).inc()

    def intake(self, overall: str) -> None:
        """A form opened a plan."""
        self._intakes.labels(overall).inc()

    def refused(self, code: str) -> None:
        """A plan said no."""
        self._refusals.labels(code).inc()


def told_figures(figures: Figures) -> bytes:
    """The clinic's figures as Prometheus text: they belong to the record, so every process tells the same."""
    registry = CollectorRegistry()

    def counts(name: str, about: str, label: str, numbers: Iterable[tuple[StrEnum, int]]) -> None:
        gauge = Gauge(name, about, (label,), registry=registry)
        for word, number in numbers:
            gauge.labels(word.value).set(number)

    counts("limber_plans", "Plans by stage.", "stage", figures.plans.items())
    counts("limber_texts", "Texts in the outbox by state.", "status", figures.texts.items())
    counts(
        "limber_inbound_texts", "Texts from clients by how far they are.", "status", figures.inbound.items()
    )
    for name, about, value in (
        (
            "limber_record_agenda_lateness_seconds",
            "How late the most overdue item is.",
            figures.agenda_lateness_seconds,
        ),
        ("limber_approvals_open", "Decisions that wait.", figures.approvals_open),
        ("limber_approvals_overdue", "Decisions past their deadline.", figures.approvals_overdue),
        ("limber_alerts_open", "Alerts that nobody has closed.", figures.alerts_open),
        ("limber_alerts_overdue", "Alerts past their deadline.", figures.alerts_overdue),
    ):
        Gauge(name, about, registry=registry).set(value)
    return generate_latest(registry)
