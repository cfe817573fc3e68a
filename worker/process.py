"""One worker process: plans on one queue, texts on another, chores beside them, one orderly end."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence

import structlog
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from activities.evaluation import evaluate_taper
from schemas import names
from worker.bootstrap import WorkerParts
from worker.chores import chores
from worker.housekeeping import keep_house
from worker.probe import Probe
from worker.readiness import Readiness
from workflows.plan import PlanWorkflow

_log = structlog.stdlib.get_logger(__name__)


def plan_worker(parts: WorkerParts) -> Worker:
    """Runs plans and their local activities: short, idempotent, next to the plan's own thread."""
    tuning = parts.tuning
    return Worker(
        parts.client,
        task_queue=names.PLAN_QUEUE,
        workflows=[PlanWorkflow],
        activities=[parts.recording.record, parts.reading.read_reply, evaluate_taper],
        max_cached_workflows=tuning.cached_plans,
        max_concurrent_workflow_tasks=tuning.plan_tasks,
        max_concurrent_local_activities=tuning.records_at_once,
        workflow_task_poller_behavior=PollerBehaviorAutoscaling(maximum=tuning.most_pollers),
        no_remote_activities=True,
        graceful_shutdown_timeout=tuning.grace,
    )


def sms_worker(parts: WorkerParts) -> Worker:
    """Sends texts, no faster than all workers together may."""
    tuning = parts.tuning
    return Worker(
        parts.client,
        task_queue=names.SMS_QUEUE,
        activities=[parts.sending.send_text],
        max_concurrent_activities=tuning.texts_at_once,
        max_task_queue_activities_per_second=tuning.texts_per_second,
        activity_task_poller_behavior=PollerBehaviorAutoscaling(maximum=tuning.most_pollers),
        graceful_shutdown_timeout=tuning.grace,
    )


async def run_worker(parts: WorkerParts, stop: asyncio.Event, readiness: Readiness | None = None) -> None:
    """Work until `stop` is set, then finish what is running within the grace period and let go of everything.

    Raises what made a worker fail, after the other one has stopped too.
    """
    readiness = readiness or Readiness()
    workers = (plan_worker(parts), sms_worker(parts))
    async with _observed(parts, readiness):
        running = [asyncio.create_task(worker.run()) for worker in workers]
        house = asyncio.create_task(keep_house(chores(parts), parts.metrics, stop))
        ready = asyncio.create_task(readiness.watch(parts.client))
        asked_to_stop = asyncio.create_task(stop.wait())
        _log.info("worker started", identity=parts.client.identity)
        try:
            await asyncio.wait([*running, house, asked_to_stop], return_when=asyncio.FIRST_COMPLETED)
        finally:
            readiness.stopping()
            stop.set()
            ready.cancel()
            _log.info("worker stopping", grace_seconds=parts.tuning.grace.total_seconds())
            await _shut_down(workers, running)
            ends = await asyncio.gather(*running, house, asked_to_stop, return_exceptions=True)
    for end in ends:
        if isinstance(end, Exception):
            raise end


async def _shut_down(workers: Sequence[Worker], running: Sequence[asyncio.Task[None]]) -> None:
    """Stop both at once; one that has not begun to poll yet is simply called off."""
    for worker, run in zip(workers, running, strict=True):
        if not worker.is_running:
            run.cancel()
    await asyncio.gather(*(worker.shutdown() for worker in workers if worker.is_running))


@contextlib.asynccontextmanager
async def _observed(parts: WorkerParts, readiness: Readiness) -> AsyncIterator[None]:
    """`/metrics` and `/healthz` while the worker lives, if it has a port for them."""
    probe = None
    if parts.settings.metrics_port is not None:
        sdk = parts.telemetry.sdk_metrics_url if parts.telemetry else None
        probe = Probe(parts.settings.metrics_port, parts.metrics.registry, readiness.why_not, sdk)
        probe.start()
    try:
        yield
    finally:
        if probe is not None:
            await asyncio.to_thread(probe.stop)
        await parts.engine.dispose()
