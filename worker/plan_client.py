"""The running plans, asked through Temporal (`schemas.refusals.Plans`)."""

from __future__ import annotations

import asyncio
import itertools
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio.client import (
    Client,
    RPCTimeoutOrCancelledError,
    WorkflowHandle,
    WorkflowUpdateFailedError,
)
from temporalio.common import WorkflowIDConflictPolicy, WorkflowIDReusePolicy
from temporalio.exceptions import ApplicationError, WorkflowAlreadyStartedError
from temporalio.service import RPCError, RPCStatusCode

from schemas import names
from schemas.commands import CommandEnvelope, CommandReply
from schemas.plan import PlanState
from schemas.refusals import CommandRefused, EngineUnavailable, PlanClosed, PlanUnknown

_ENDED_UNDER_THE_UPDATE: Final = "AcceptedUpdateCompletedWorkflow"
_AT_THE_DOOR: Final = timedelta(milliseconds=700)
_BETWEEN_RUNS: Final = timedelta(milliseconds=200)
_ASKED_AT_MOST: Final = 10


class PlanClient:
    """Starts plans and hands them commands. `patience` bounds how long a caller waits for an answer."""

    def __init__(self, client: Client, *, patience: timedelta = timedelta(seconds=15)) -> None:
        self._client = client
        self._patience = patience.total_seconds()

    async def start(self, state: PlanState) -> None:
        """Start the plan's workflow; one that runs, or has run, is left alone. Raises EngineUnavailable."""
        try:
            async with asyncio.timeout(self._patience):
                await self._client.start_workflow(
                    names.PLAN_WORKFLOW,
                    state,
                    id=names.plan_workflow_id(state.plan_id),
                    task_queue=names.PLAN_QUEUE,
                    id_reuse_policy=WorkflowIDReusePolicy.REJECT_DUPLICATE,
                    id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
                    static_summary="Care plan",
                )
        except WorkflowAlreadyStartedError:
            return
        except TimeoutError:
            raise EngineUnavailable(state.plan_id, "no answer in time") from None
        except (RPCError, RuntimeError) as error:
            raise EngineUnavailable(state.plan_id, _why(error)) from error

    async def answers(self) -> bool:
        """Whether Temporal's front door answers, within `_AT_THE_DOOR`."""
        try:
            async with asyncio.timeout(_AT_THE_DOOR.total_seconds()):
                return await self._client.service_client.check_health()
        except (TimeoutError, RPCError, RuntimeError):
            return False

    async def command(self, plan_id: str, envelope: CommandEnvelope) -> CommandReply:
        """Apply a command once and wait until it is recorded.

        Raises CommandRefused, PlanClosed, PlanUnknown or EngineUnavailable. After EngineUnavailable the
        command may still be applied; asking again with the same id is safe.
        """
        handle = self._client.get_workflow_handle(names.plan_workflow_id(plan_id))
        try:
            async with asyncio.timeout(self._patience):
                return await _updated(handle, envelope)
        except WorkflowUpdateFailedError as failed:
            raise _refusal(plan_id, failed) from failed
        except (TimeoutError, RPCTimeoutOrCancelledError):
            raise EngineUnavailable(plan_id, "no answer in time") from None
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                raise await self._absence(plan_id) from error
            raise EngineUnavailable(plan_id, _why(error)) from error
        except RuntimeError as error:  # a lazy client that finds no server
            raise EngineUnavailable(plan_id, _why(error)) from error

    async def _absence(self, plan_id: str) -> PlanClosed | PlanUnknown | EngineUnavailable:
        """Whether a plan that takes no commands has ended or never began."""
        try:
            async with asyncio.timeout(self._patience):
                await self._client.get_workflow_handle(names.plan_workflow_id(plan_id)).describe()
        except RPCError as error:
            if error.status is RPCStatusCode.NOT_FOUND:
                return PlanUnknown(plan_id)
            return EngineUnavailable(plan_id, _why(error))
        except TimeoutError:
            return EngineUnavailable(plan_id, "no answer in time")
        return PlanClosed(plan_id)


async def _updated(handle: WorkflowHandle[Any, Any], envelope: CommandEnvelope) -> CommandReply:
    """Ask until the plan can be asked: one that just begins its next run turns an update away.

    The server calls that a precondition that failed. The update's id is the command's, so it applies once.
    """
    for asked in itertools.count(1):
        try:
            reply: CommandReply = await handle.execute_update(
                names.COMMAND_UPDATE, envelope, id=envelope.command_id, result_type=CommandReply
            )
            break
        except RPCError as error:
            if error.status is not RPCStatusCode.FAILED_PRECONDITION or asked == _ASKED_AT_MOST:
                raise
        await asyncio.sleep(_BETWEEN_RUNS.total_seconds())
    return reply


def _refusal(plan_id: str, failed: WorkflowUpdateFailedError) -> CommandRefused | PlanClosed:
    cause = failed.cause
    if not isinstance(cause, ApplicationError):
        return CommandRefused("command_failed", f"Plan {plan_id} could not apply this: {cause}")
    if cause.type == _ENDED_UNDER_THE_UPDATE:
        return PlanClosed(plan_id)
    alternatives = tuple(datetime.fromisoformat(at) for at in next(iter(cause.details), ()))
    return CommandRefused(cause.type or "command_failed", cause.message, alternatives)


def _why(error: RPCError | RuntimeError) -> str:
    return error.status.name.lower().replace("_", " ") if isinstance(error, RPCError) else "no connection"
