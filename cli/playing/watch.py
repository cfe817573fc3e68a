"""Whether a plan has come to rest: what Temporal and the record say about it right now."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from sqlalchemy import bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.enums.v1 import PendingActivityState
from temporalio.api.workflowservice.v1 import DescribeWorkflowExecutionResponse
from temporalio.client import Client, WorkflowExecutionStatus

from database.engine import one_by_one
from database.tables import inbound_messages, plans
from database.tables.texts import InboundStatus
from schemas.names import plan_workflow_id
from schemas.plan import PlanState

PATIENCE: Final = timedelta(seconds=30)
_LOOK_AGAIN: Final = 0.01
_SOON: Final = timedelta(minutes=1)
_NEXT: Final = select(plans.c.seq, plans.c.next_at, plans.c.next_key).where(plans.c.id == bindparam("plan"))
_READ: Final = (
    select(func.count())
    .select_from(inbound_messages)
    .where(inbound_messages.c.plan_id == bindparam("plan"), inbound_messages.c.status == InboundStatus.read)
)


class NotSettled(Exception):  # noqa: N818 — a state of affairs
    """A plan still had something to do when patience ran out; the message names it."""


class PlanWatch:
    """Looks at one plan from outside; it changes nothing. `texts_written` is how many texts it must have read."""

    def __init__(self, engine: AsyncEngine, client: Client, plan_id: str) -> None:
        self._engine = engine
        self._handle = client.get_workflow_handle(plan_workflow_id(plan_id))
        self.plan_id = plan_id
        self.texts_written = 0
        self._texts_read = 0

    async def state(self) -> PlanState:
        """The plan as the database has it."""
        async with one_by_one(self._engine) as connection:
            found = await connection.execute(select(plans.c.state).where(plans.c.id == self.plan_id))
            state: PlanState = found.scalar_one()
        return state

    async def catch_up(self) -> None:
        """Count the texts that the plan has read so far, before more are written."""
        self.texts_written = await self._count_read()

    async def running(self) -> bool:
        """Whether the plan's workflow runs; raises the SDK's RPCError if there has never been one."""
        return (await self._handle.describe()).status is WorkflowExecutionStatus.RUNNING

    async def over(self) -> bool:
        """Whether the plan has ended, with nothing left to do."""
        return not await self.running()

    async def settled(self, patience: timedelta = PATIENCE) -> None:
        """Wait until nothing of this plan is due or under way. Raises NotSettled naming what still is."""
        deadline = time.monotonic() + patience.total_seconds()
        while (waiting_for := await self._under_way()) is not None:
            if time.monotonic() > deadline:
                raise NotSettled(
                    f"plan {self.plan_id}: {waiting_for}, after {patience.total_seconds():.0f} s"
                )
            await asyncio.sleep(_LOOK_AGAIN)

    async def _under_way(self) -> str | None:
        if self._texts_read < self.texts_written and await self._count_read() < self.texts_written:
            return "a client's text is not read yet"
        # First what is on record, then what is under way: a step taken between the two looks is due in the first.
        async with one_by_one(self._engine) as connection:
            row = (await connection.execute(_NEXT, {"plan": self.plan_id})).one()
        described = await self._handle.describe()
        if described.status is not WorkflowExecutionStatus.RUNNING:
            return None
        about = described.raw_description
        if about.HasField("pending_workflow_task"):
            return "a workflow task is under way"
        now = _present(about)
        if any(_works(one, now) for one in about.pending_activities):
            return "an activity is under way"
        if row.seq == 0:
            return "it has not opened"
        if row.next_at is not None and row.next_at <= now:
            return f"{row.next_key} is due"
        return None

    async def _count_read(self) -> int:
        async with one_by_one(self._engine) as connection:
            count = await connection.execute(_READ, {"plan": self.plan_id})
        self._texts_read = count.scalar_one()
        return self._texts_read


def _present(about: DescribeWorkflowExecutionResponse) -> datetime:
    """The plan's clock as Temporal has it; the world's until it is first moved."""
    extended = about.workflow_extended_info
    if not extended.HasField("time_skipping_info"):
        return datetime.now(UTC)
    return extended.time_skipping_info.current_time.ToDatetime(UTC)


def _works(activity: Any, now: datetime) -> bool:
    """Whether an activity runs, or will soon; one that waits for the morning does not."""
    if activity.state == PendingActivityState.PENDING_ACTIVITY_STATE_STARTED:
        return True
    if not activity.HasField("next_attempt_schedule_time"):
        return True
    return bool(activity.next_attempt_schedule_time.ToDatetime(UTC) <= now + _SOON)
