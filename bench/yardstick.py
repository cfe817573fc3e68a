"""A fixed piece of pure Python that other work is measured against, so that a slow or busy machine cancels out."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Final

_STEPS: Final = 20_000


def fixed_loop() -> int:
    """The yardstick: some dictionary and integer work that never changes."""
    counts: dict[int, int] = {}
    for step in range(_STEPS):
        counts[step % 97] = counts.get(step % 89, 0) + step
    return sum(counts.values())


def fastest(work: Callable[[], object], rounds: int) -> float:
    """Seconds of the fastest of some rounds: what is slower was disturbed by something else."""
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        best = min(best, time.perf_counter() - began)
    return best


def beside_loop(work: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Seconds of the work, and how many fixed loops that is; both measured in turn."""
    slices = max(1, rounds // 5)
    loop = work_time = float("inf")
    for _ in range(5):
        loop = min(loop, fastest(fixed_loop, slices))
        work_time = min(work_time, fastest(work, slices))
    return work_time, work_time / loop
