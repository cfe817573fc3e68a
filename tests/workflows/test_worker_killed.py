"""A worker process killed with -9 right after a commit: the next one goes on from what the database holds."""

from __future__ import annotations

import asyncio
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import ModuleType

from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.clients import a_plan, an_intake, mobile_of
from cli.embedded.temporal import EmbeddedTemporal
from cli.playing.clock import PlanClock
from database.events import events_of_plan, verify_chain
from database.intakes import create_plan
from database.outbox import texts_of_plan
from database.plans import plan as plan_view
from messaging.gateway.testing import RunningGateway, running_gateway
from schemas import names
from schemas.commands import CommandEnvelope, DecideApproval, Decision, PausePlan
from schemas.names import new_id
from schemas.plan import PlanState, Stage
from schemas.settings import Settings
from tests.worker.limber_process import KEYS, Environment, environment_of, limber_worker
from tests.worker.waiting import until
from tests.workflows.care_walk import PRIYA, WENT, ordinary_monday
from worker.client import connect
from worker.plan_client import PlanClient

_TASK_GIVEN_UP_AFTER = timedelta(seconds=2)
"""How soon Temporal hands a dead worker's task to another; ten seconds in production."""


@contextmanager
def _worker_that_dies_after(seq: int, environment: Environment) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "tests.workflows.dying_worker", str(seq)]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        if process.stderr is not None and not process.stderr.closed:
            process.communicate()


async def _dead(process: subprocess.Popen[str]) -> None:
    await until(lambda: process.poll() is not None)
    assert process.returncode == -signal.SIGKILL


async def test_each_step_is_taken_once_although_its_worker_died_right_after_it(
    database_url: str, engine: AsyncEngine, clinic: ModuleType, temporal: EmbeddedTemporal
) -> None:
    client = await connect(Settings(temporal_address=temporal.address, encryption_key_list=SecretStr(KEYS)))
    plans = PlanClient(client, patience=timedelta(seconds=60))
    opens = ordinary_monday(datetime.now(UTC))
    state = a_plan(0, opens)
    mobile = mobile_of(0)
    await create_plan(engine, an_intake(state, mobile))
    await client.start_workflow(
        names.PLAN_WORKFLOW,
        state,
        id=names.plan_workflow_id(state.plan_id),
        task_queue=names.PLAN_QUEUE,
        task_timeout=_TASK_GIVEN_UP_AFTER,
        start_delay=opens - datetime.now(UTC),
    )
    await PlanClock(client, state.plan_id).advance_to(opens)

    async def now_held() -> PlanState:
        return (await plan_view(engine, state.plan_id)).state

    with running_gateway() as gateway:
        environment = environment_of(database_url, temporal, gateway)
        with _worker_that_dies_after(1, environment) as opening:
            await _dead(opening)
        [approval] = (await now_held()).approvals

        approve = _from_priya(DecideApproval(approval_id=approval.id, decision=Decision.approve))
        with _worker_that_dies_after(2, environment) as approving:
            await until(lambda: _texts_went(engine, state.plan_id, 1), approving)
            answer = asyncio.create_task(plans.command(state.plan_id, approve))
            await _dead(approving)
        assert (await now_held()).stage is Stage.active

        pause = _from_priya(PausePlan())
        with _worker_that_dies_after(3, environment) as pausing:
            assert (await answer).seq == 2, "whoever approved is answered by the next worker"
            await until(lambda: _texts_went(engine, state.plan_id, 2), pausing)
            answer = asyncio.create_task(plans.command(state.plan_id, pause))
            await _dead(pausing)

        with limber_worker(environment) as last:
            assert (await answer).stage == Stage.suspended
            assert (await plans.command(state.plan_id, pause)).seq == 3
            await until(lambda: _texts_went(engine, state.plan_id, 3), last)
        await _nothing_is_doubled(engine, state.plan_id, gateway, mobile or "")


def _from_priya(command: DecideApproval | PausePlan) -> CommandEnvelope:
    return CommandEnvelope(command_id=new_id(), actor=PRIYA, command=command)


async def _texts_went(engine: AsyncEngine, plan_id: str, count: int) -> bool:
    return sum(text.status in WENT for text in await texts_of_plan(engine, plan_id)) == count


async def _nothing_is_doubled(
    engine: AsyncEngine, plan_id: str, gateway: RunningGateway, mobile: str
) -> None:
    told = Counter(text.order.template for text in await texts_of_plan(engine, plan_id))
    assert told["intake_received"] == told["visits_booked"] == told["plan_paused"] == 1
    assert len(gateway.texts(mobile)) == told.total()
    kinds = Counter(one.event.kind.value for one in await events_of_plan(engine, plan_id, limit=1000))
    assert kinds["screening.evaluated"] == kinds["approval.decided"] == kinds["plan.paused"] == 1
    assert (await verify_chain(engine, plan_id)).whole
