"""`session`: what an ordinary session costs, and how fast sessions go by beside a bare Temporal workflow."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from statistics import median
from typing import Final

import uvloop
from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client

from bench.clients import a_plan
from bench.figures import Figure, Report
from bench.history_cost import HistoryCost, cost_of
from bench.runs import events_of_every_run
from bench.sessions import SETTLING_IN, steady
from bench.stage import Stage, cpu_seconds, open_stage, python_child, running
from bench.visits import BareVisits, PlanVisits, Visits, live_through
from schemas.plan import PlanState

RATIO_BAR: Final = 0.6
ACTIONS_BAR: Final = 14
EVENTS_BAR: Final = 70
_METHOD: Final = (
    "{plans} plans live through {sessions} sessions each, {rounds} times in turn with as many bare workflows: same "
    "server, same driver, virtual time, one worker process each; the ratio is the median of the turns. Counted: "
    "the first plan's history."
)


@dataclass
class _Side:
    """Plans of one kind, the process that works for them, and what was measured."""

    visits: Sequence[Visits]
    worker_pid: int
    seconds: list[float] = field(default_factory=list)
    worker_cpu: float = 0.0
    rest_cpu: dict[str, float] = field(default_factory=dict)

    async def measure(self, numbers: range, others: dict[str, int]) -> None:
        """Live through these sessions and add up what it took."""
        before = {name: cpu_seconds(pid) for name, pid in others.items()}
        worker, began = cpu_seconds(self.worker_pid), time.perf_counter()
        await live_through(self.visits, numbers)
        self.seconds.append(time.perf_counter() - began)
        self.worker_cpu += cpu_seconds(self.worker_pid) - worker
        for name, pid in others.items():
            self.rest_cpu[name] = self.rest_cpu.get(name, 0.0) + cpu_seconds(pid) - before[name]


def run(plans: int = 16, sessions: int = 1, rounds: int = 8) -> Report:
    """Measure; the first session of each plan warms up and is not counted."""
    return uvloop.run(_run(plans, sessions, rounds))


async def _run(plans: int, sessions: int, rounds: int) -> Report:
    async with open_stage("--texts-per-second", "10000") as stage:
        address = (stage.temporal_address, "default")
        bare_worker = python_child("bare worker", "bench.bare_worker", *address, logs=stage.logs)
        with running(bare_worker):
            client = await Client.connect(stage.temporal_address)
            real, bare = await _begun(stage, client, plans, 1 + sessions * rounds)
            sides = (
                _Side(bare, bare_worker.pid),
                _Side(real, stage.processes["worker"]),
            )
            first = [await _events(stage, visits[0]) for visits in (bare, real)]
            others = {name: pid for name, pid in stage.processes.items() if name != "worker"}
            for turn in range(rounds):
                numbers = range(2 + turn * sessions, 2 + (turn + 1) * sessions)
                for side in sides:
                    await side.measure(numbers, others)
            await _nothing_went_wrong(stage, real, 1 + sessions * rounds)
            last = [await _events(stage, visits[0]) for visits in (bare, real)]
    costs = [cost_of(after[len(before) :]) for before, after in zip(first, last, strict=True)]
    method = _METHOD.format(plans=plans, sessions=sessions, rounds=rounds)
    return Report("session", method, tuple(_figures(sides, costs, plans, sessions * rounds)))


async def _begun(
    stage: Stage, client: Client, plans: int, visits: int
) -> tuple[list[PlanVisits], list[BareVisits]]:
    now = datetime.now(UTC)
    states = [_past_the_beginning(a_plan(number, now)) for number in range(plans)]
    real = await asyncio.gather(*(PlanVisits.begun(stage.clinic, state) for state in states))
    bare = await asyncio.gather(
        *(BareVisits.begun(client, state.protocol.first_session_at, visits) for state in states)
    )
    return real, bare


def _past_the_beginning(state: PlanState) -> PlanState:
    """A plan in its ordinary rhythm from the second session on."""
    settled = state.progress.but(sessions_completed=SETTLING_IN)
    return state.but(progress=settled, protocol=state.protocol.but(**steady(state.protocol)))


async def _events(stage: Stage, visits: Visits) -> list[HistoryEvent]:
    return await events_of_every_run(stage.clinic.client, visits.workflow_id)


async def _nothing_went_wrong(stage: Stage, real: Sequence[PlanVisits], expected: int) -> None:
    """Figures of plans that went astray would mean nothing."""
    for visits in real:
        state = await stage.clinic.state(visits.plan)
        lived = state.progress.sessions_completed - SETTLING_IN
        if lived != expected or state.alerts:
            raise RuntimeError(
                f"plan {state.plan_id} has {lived} sessions behind it instead of "
                f"{expected}, and alerts {[alert.reason.value for alert in state.alerts]}: not an ordinary run"
            )


def _figures(
    sides: tuple[_Side, _Side], costs: Sequence[HistoryCost], plans: int, sessions: int
) -> list[Figure]:
    bare, real = sides
    all_sessions = plans * sessions
    bare_cost, cost = (one.per(sessions) for one in costs)
    speeds = [all_sessions / sum(side.seconds) for side in sides]
    beside = median(theirs / ours for theirs, ours in zip(bare.seconds, real.seconds, strict=True))
    return [
        Figure("actions per session", cost[0], bar=ACTIONS_BAR),
        Figure("events per session", cost[1], bar=EVENTS_BAR),
        Figure("history per session", cost[2], "bytes"),
        Figure("actions per bare session", bare_cost[0]),
        Figure("events per bare session", bare_cost[1]),
        Figure("history per bare session", bare_cost[2], "bytes"),
        Figure("throughput", speeds[1], "sessions/s"),
        Figure("throughput, bare", speeds[0], "sessions/s"),
        Figure("throughput beside bare", beside, bar=RATIO_BAR, at_least=True),
        Figure("worker CPU per session", 1000 * real.worker_cpu / all_sessions, "ms"),
        Figure("worker CPU per bare session", 1000 * bare.worker_cpu / all_sessions, "ms"),
        *(
            Figure(f"{name} CPU per session{note}", 1000 * spent / all_sessions, "ms")
            for side, note in ((real, ""), (bare, ", bare"))
            for name, spent in side.rest_cpu.items()
        ),
    ]
