"""Every benchmark in one table: what it measures, and how to run it in full and in small."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Any, Final

from bench.figures import Report


@dataclass(frozen=True)
class Benchmark:
    """One benchmark. `target` is `module:function`; `small` are the sizes that only show that it runs."""

    target: str
    summary: str
    small: Mapping[str, Any]

    def run(self, *, small: bool = False) -> Report:
        """Measure. Imports what the measurement needs only now."""
        module, _, function = self.target.partition(":")
        report: Report = getattr(import_module(module), function)(**(self.small if small else {}))
        return report


BENCHMARKS: Final[Mapping[str, Benchmark]] = MappingProxyType(
    {
        "preview": Benchmark(
            "bench.rules_speed:run",
            "The rules by themselves: a year's preview, agenda, screening.",
            {"rounds": 5},
        ),
        "simulate": Benchmark(
            "bench.life_speed:run",
            "Simulated clients' half years, told for 10,000 of them.",
            {"plans": 4, "rounds": 1},
        ),
        "session": Benchmark(
            "bench.session_speed:run",
            "An ordinary session: actions, events, bytes, CPU; throughput beside a bare workflow.",
            {"plans": 2, "sessions": 1, "rounds": 1},
        ),
        "replay": Benchmark(
            "bench.replay_speed:run", "Replay of a finished plan's history.", {"sessions": 4, "rounds": 1}
        ),
        "memory": Benchmark(
            "bench.memory:run",
            "The idle stack by part, and a worker that keeps 1,000 plans in memory.",
            {"plans": 10},
        ),
        "webhook": Benchmark(
            "bench.webhook:run", "Inbound webhooks at 50 a second with Temporal stopped.", {"seconds": 1}
        ),
        "pages": Benchmark(
            "bench.pages:run",
            "Each page of the console at 1,000 and at 100,000 plans.",
            {"small": 12, "large": 16, "times": 1, "patterns": 8},
        ),
        "start": Benchmark("bench.startup:run", "The second start of `limber up`.", {"rounds": 1}),
    }
)
