"""A workflow's whole history: every run's, across continue-as-new."""

from __future__ import annotations

from temporalio.api.history.v1 import HistoryEvent
from temporalio.client import Client, WorkflowHistory


async def histories_of(client: Client, workflow_id: str) -> list[WorkflowHistory]:
    """The history of each run, first run first."""
    histories: list[WorkflowHistory] = []
    run: str | None = None
    while run != "":
        history = await client.get_workflow_handle(workflow_id, run_id=run).fetch_history()
        histories.insert(0, history)
        run = history.events[0].workflow_execution_started_event_attributes.continued_execution_run_id
    return histories


async def events_of_every_run(client: Client, workflow_id: str) -> list[HistoryEvent]:
    """All runs' events, one after the other."""
    return [event for history in await histories_of(client, workflow_id) for event in history.events]
