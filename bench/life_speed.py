"""`simulate`: how fast simulated clients live, beside a fixed loop of pure Python."""

from __future__ import annotations

from typing import Final

from bench.figures import Figure, Report
from bench.yardstick import fastest, fixed_loop
from care.pack import builtin
from care.simulation.assumptions import usual_assumptions
from cli.many_lives import Clinic, played

PLANS_OF_BAR: Final = 10_000
BAR_SECONDS: Final = 120
_WEEKS: Final = 26
_METHOD: Final = (
    "{plans} clients' half years as `limber simulate` plays them, in one process: the fastest of {rounds} rounds, "
    "told for 10,000. A loop is 20,000 steps of fixed pure Python, measured between the rounds."
)


def run(plans: int = 250, rounds: int = 5) -> Report:
    """Measure `limber simulate --plans 10000 --weeks 26` by a part of it."""
    clinic = Clinic(builtin(), usual_assumptions(), seed=1)
    seconds = loop = float("inf")
    for _ in range(rounds):
        loop = min(loop, fastest(fixed_loop, 5))
        lives = played(clinic, plans, _WEEKS, cores=1, quiet=True)
        seconds = min(seconds, lives.seconds)
    a_life = seconds / plans
    return Report(
        "simulate",
        _METHOD.format(plans=plans, rounds=rounds),
        (
            Figure("10,000 plans of 26 weeks", a_life * PLANS_OF_BAR, "s", bar=BAR_SECONDS),
            Figure("a client's half year", a_life * 1000, "ms"),
            Figure("a client's half year, beside the loop", a_life / loop, "loops"),
            Figure("a step", seconds / lives.total.steps * 1e6, "µs"),
            Figure("broken promises", sum(lives.total.broken.values()), bar=0),
        ),
    )
