"""`replay`: how fast a worker works its way through a finished plan's history, as after a deploy."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Final

from temporalio.client import WorkflowHistory
from temporalio.worker import Replayer

from bench.clients import a_plan
from bench.clinic import Clinic, ClinicPlan
from bench.figures import Figure, Report
from bench.history_cost import cost_of
from bench.sessions import begin, play_session, settle_in, steady
from bench.stage import open_stage
from bench.yardstick import fastest, fixed_loop
from schemas.commands import CLIENT, Withdraw
from schemas.settings import EncryptionKey
from worker.plugin import limber_plugin
from workflows.plan import PlanWorkflow

_METHOD: Final = (
    "A plan of {sessions} sessions is played to its end; each of its runs is then replayed {rounds} times by the "
    "real replayer, and the fastest time of each counts. A loop is 20,000 steps of fixed pure Python."
)


def run(sessions: int = 8, rounds: int = 5) -> Report:
    """Play a plan, then measure its replay."""
    return asyncio.run(_run(sessions, rounds))


async def _run(sessions: int, rounds: int) -> Report:
    async with open_stage("--texts-per-second", "10000") as stage:
        plan = await _play(stage.clinic, sessions)
        histories = await stage.clinic.histories(plan)
        keys = stage.clinic.parts.settings.encryption_keys
    times = [await _fastest(history, keys, rounds) for history in histories]
    events = sum(cost_of(history.events).events for history in histories)
    loop = fastest(fixed_loop, 20)
    return Report(
        "replay",
        _METHOD.format(sessions=sessions, rounds=rounds),
        (
            Figure("events replayed", events),
            Figure("runs", len(histories)),
            Figure("replay speed", events / sum(times), "events/s"),
            Figure("slowest run", 1000 * max(times), "ms"),
            Figure("an event, beside the loop", sum(times) / events / loop, "loops"),
        ),
    )


async def _play(clinic: Clinic, sessions: int) -> ClinicPlan:
    state = a_plan(0, datetime.now(UTC))
    plan = await clinic.open(state, **steady(state.protocol))
    await begin(clinic, plan)
    await settle_in(clinic, plan)
    for number in range(4, sessions + 1):
        await play_session(clinic, plan, number)
    await clinic.command(plan, CLIENT, Withdraw())
    await clinic.settled(plan)
    return plan


async def _fastest(history: WorkflowHistory, keys: tuple[EncryptionKey, ...], rounds: int) -> float:
    """Seconds of the fastest replay of one run; raises if today's code breaks it."""
    replayer = Replayer(workflows=[PlanWorkflow], plugins=[limber_plugin(keys)])
    best = float("inf")
    for _ in range(rounds):
        began = time.perf_counter()
        await replayer.replay_workflow(history)
        best = min(best, time.perf_counter() - began)
    return best
