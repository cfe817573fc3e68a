"""Whether this process really takes work: Temporal itself is asked who polls."""

from __future__ import annotations

import asyncio
from typing import Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import Client
from temporalio.service import RPCError

from schemas import names

_POLLED: Final = (
    (names.PLAN_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW, "plans"),
    (names.SMS_QUEUE, TaskQueueType.TASK_QUEUE_TYPE_ACTIVITY, "texts"),
)
_LOOK_AGAIN: Final = 0.2


class Readiness:
    """Ready once Temporal sees both workers poll, until a stop is asked for."""

    def __init__(self) -> None:
        self._waiting_for: str | None = "the workers are starting"

    def why_not(self) -> str | None:
        """What is missing; None when ready."""
        return self._waiting_for

    def stopping(self) -> None:
        """From now on: not ready."""
        self._waiting_for = "the worker is stopping"

    async def watch(self, client: Client) -> None:
        """Wait until both queues are polled by this client's identity."""
        for queue, kind, what in _POLLED:
            self._waiting_for = f"nobody polls for {what} yet"
            while not await _polled(client, queue, kind):  # noqa: ASYNC110 - Temporal tells only who asks
                await asyncio.sleep(_LOOK_AGAIN)
        self._waiting_for = None


async def _polled(client: Client, queue: str, kind: TaskQueueType.ValueType) -> bool:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace, task_queue=TaskQueue(name=queue), task_queue_type=kind
    )
    try:
        answer = await client.workflow_service.describe_task_queue(request)
    except RPCError:
        return False
    return any(poller.identity == client.identity for poller in answer.pollers)
