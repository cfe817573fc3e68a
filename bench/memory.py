"""`memory`: what the idle clinic keeps in memory, part by part, and a worker with many plans at hand."""

from __future__ import annotations

import asyncio
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import psutil  # type: ignore[import-untyped]

from bench.clients import a_plan, an_intake
from bench.clinic import Clinic
from bench.figures import Figure, Report
from bench.limber_up import limber_up
from bench.stage import open_stage
from database.intakes import create_plan
from schemas.names import new_id
from schemas.plan import PlanState

STACK_BAR_MB: Final = 800
WORKER_BAR_MB: Final = 300
_METHOD: Final = (
    "PSS, which shares common pages out, in MB. The stack is `limber up` ten seconds after it opened. The worker "
    "has run {plans} plans to their first wait and keeps them all cached."
)
_IDLE_SECONDS: Final = 10
_AT_ONCE: Final = 50
_LOOK_AGAIN: Final = 0.05
_PARTS: Final = ("postgres", "temporal", "gateway", "worker", "api", "up")


def run(plans: int = 1000) -> Report:
    """Measure the stack, then the worker."""
    parts = _idle_stack()
    empty, full = asyncio.run(_cached_plans(plans))
    return Report(
        "memory",
        _METHOD.format(plans=plans),
        (
            Figure("idle stack", sum(parts.values()), "MB", bar=STACK_BAR_MB),
            *(Figure(f"of it {part}", size, "MB") for part, size in parts.items()),
            Figure("worker without plans", empty, "MB"),
            Figure(f"worker with {plans} plans", full, "MB", bar=WORKER_BAR_MB),
            Figure("a cached plan", 1024 * (full - empty) / plans, "KB"),
        ),
    )


def _idle_stack() -> dict[str, float]:
    scratch = tempfile.TemporaryDirectory(prefix="limber-bench-", ignore_cleanup_errors=True)
    with scratch as folder, limber_up(Path(folder) / "clinic") as stack:
        time.sleep(_IDLE_SECONDS)
        top = psutil.Process(stack.pid)
        sizes = dict.fromkeys(_PARTS, 0.0)
        for process in [top, *top.children(recursive=True)]:
            sizes[_part_of(process)] += pss_mb(process)
    return sizes


def _part_of(process: psutil.Process) -> str:
    """Which part a process of the stack belongs to, by its command line."""
    line = process.cmdline()
    if "cli.main" in line:
        return str(line[line.index("cli.main") + 1])
    return "postgres" if "postgres" in process.name() else "temporal"


async def _cached_plans(plans: int) -> tuple[float, float]:
    async with open_stage("--cached-plans", str(plans + 100), "--texts-per-second", "10000") as stage:
        worker = psutil.Process(stage.processes["worker"])
        await _open(stage.clinic, _AT_ONCE)  # libraries that load at first use do not count as plans
        empty = pss_mb(worker)
        for begun in range(0, plans, _AT_ONCE):
            await _open(stage.clinic, min(_AT_ONCE, plans - begun))
        return empty, pss_mb(worker)


async def _open(clinic: Clinic, count: int) -> None:
    """Plans whose clients have no telephone: each waits for its therapist at once."""
    now = datetime.now(UTC)
    template = a_plan(0, now)
    states = [template.but(plan_id=new_id(), client_id=new_id(), texts_on=False) for _ in range(count)]
    await asyncio.gather(*(_open_one(clinic, state) for state in states))


async def _open_one(clinic: Clinic, state: PlanState) -> None:
    await create_plan(clinic.engine, an_intake(state, None))
    await clinic.parts.plans.start(state)
    plan = clinic.plan_of(state.plan_id, state.client_id, None)
    while not (await clinic.state(plan)).seq:  # noqa: ASYNC110 - the database tells who asks
        await asyncio.sleep(_LOOK_AGAIN)


def pss_mb(process: psutil.Process) -> float:
    """The proportional share of memory of a process."""
    return float(process.memory_full_info().pss) / 2**20
