"""`start`: how long the second start of the clinic takes, from the command to the open door."""

from __future__ import annotations

import tempfile
import time
from pathlib import Path
from typing import Final

from bench.figures import Figure, Report
from bench.limber_up import limber_up

SECOND_START_BAR: Final = 10
_METHOD: Final = (
    "`limber up` in a new folder, then {rounds} more times in the same one; a start ends when the clinic is open. "
    "Installing, which `make up` does once, is not part of it."
)


def run(rounds: int = 3) -> Report:
    """Start and stop the whole stack."""
    with tempfile.TemporaryDirectory(prefix="limber-bench-", ignore_cleanup_errors=True) as scratch:
        folder = Path(scratch) / "clinic"
        first = _start(folder)
        again = [_start(folder) for _ in range(rounds)]
    return Report(
        "start",
        _METHOD.format(rounds=rounds),
        (
            Figure("first start", first, "s"),
            Figure("second start", min(again), "s", bar=SECOND_START_BAR),
            Figure("slowest later start", max(again), "s"),
        ),
    )


def _start(folder: Path) -> float:
    began = time.perf_counter()
    with limber_up(folder):
        return time.perf_counter() - began
