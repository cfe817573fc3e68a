"""Whether today's code still continues plans as they were begun: their histories, replayed.

A replay runs the workflow's code against a recorded history and fails where the two disagree about what the plan
does next: which timer, activity or answer follows which. Two kinds of code are replayed:

- `workflows/`: how a plan waits, records and sends;
- the functions of `care/` that a plan calls between two records (agenda, guards, decisions). Another wording,
  instant or number passes; one text, timer or record more, fewer or in another order does not.

A change that breaks running plans goes behind `workflow.patched`; the old way stays until the last plan that began
on it has gone over to a new run. What the rule pack decides (screening, replies, taper) is done in activities
and enters as a recorded result, so it may change freely.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from temporalio.client import Client, WorkflowHistory
from temporalio.worker import Replayer
from temporalio.workflow import SandboxImportNotificationPolicy

from schemas import names
from schemas.settings import EncryptionKey
from worker.plugin import limber_plugin
from worker.sandbox import LEAKS_WARN
from workflows.plan import PlanWorkflow

_RUNNING = f"WorkflowType = '{names.PLAN_WORKFLOW}' AND ExecutionStatus = 'Running'"


@dataclass(frozen=True, slots=True)
class Replayed:
    """One history and why it broke; None: today's code continues it. `name` is a plan's workflow or a file."""

    name: str
    events: int
    broke: str | None


def plan_replayer(
    keys: Sequence[EncryptionKey], *, on_leak: SandboxImportNotificationPolicy = LEAKS_WARN
) -> Replayer:
    """Replays plans exactly as a worker with these keys would run them."""
    return Replayer(workflows=[PlanWorkflow], plugins=[limber_plugin(keys, on_leak=on_leak)])


async def replayed(replayer: Replayer, histories: AsyncIterator[WorkflowHistory]) -> AsyncIterator[Replayed]:
    """Replay histories one after the other."""
    async with replayer.workflow_replay_iterator(histories) as results:
        async for result in results:
            failure = result.replay_failure
            broke = None if failure is None else f"{type(failure).__name__}: {failure}"
            yield Replayed(result.history.workflow_id, len(result.history.events), broke)


async def running_plans(client: Client) -> AsyncIterator[WorkflowHistory]:
    """The current run's history of every plan that lives."""
    async for plan in client.list_workflows(_RUNNING):
        yield await client.get_workflow_handle(plan.id, run_id=plan.run_id).fetch_history()


async def one_plan(client: Client, plan_id: str) -> AsyncIterator[WorkflowHistory]:
    """The history of one plan's latest run; raises RPCError if there is none."""
    yield await client.get_workflow_handle(names.plan_workflow_id(plan_id)).fetch_history()
