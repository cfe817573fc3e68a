"""The process that runs bare plans, with the sizes and the sandbox of our own worker.

python -m bench.bare_worker HOST:PORT NAMESPACE
"""

from __future__ import annotations

import asyncio
import signal
import sys

from temporalio.client import Client
from temporalio.worker import PollerBehaviorAutoscaling, Worker

from bench.bare_plan import QUEUE, SEND_QUEUE, BarePlan, read, record, send
from worker.sandbox import workflow_runner
from worker.tuning import Tuning


async def work(address: str, namespace: str) -> None:
    """Work until SIGTERM."""
    stop = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, stop.set)
    client, tuning = await Client.connect(address, namespace=namespace), Tuning()
    pollers = PollerBehaviorAutoscaling(maximum=tuning.most_pollers)
    plans = Worker(
        client,
        task_queue=QUEUE,
        workflows=[BarePlan],
        activities=[record, read],
        workflow_runner=workflow_runner(),
        max_cached_workflows=tuning.cached_plans,
        max_concurrent_workflow_tasks=tuning.plan_tasks,
        max_concurrent_local_activities=tuning.records_at_once,
        workflow_task_poller_behavior=pollers,
        no_remote_activities=True,
    )
    texts = Worker(
        client,
        task_queue=SEND_QUEUE,
        activities=[send],
        max_concurrent_activities=tuning.texts_at_once,
        activity_task_poller_behavior=pollers,
    )
    async with plans, texts:
        await stop.wait()


if __name__ == "__main__":
    asyncio.run(work(*sys.argv[1:]))
