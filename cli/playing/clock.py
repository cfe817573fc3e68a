"""The plan's own clock, moved ahead by Temporal's per-workflow time skipping."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio.client import Client, WorkflowHandle
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from schemas.names import plan_workflow_id

_MOST_SKIPS = 100_000
_MOVES_LOST = 5
"""How often in a row a move may be lost to another before its clock is given up."""


class PlanClock:
    """Reads and moves one plan's virtual time. The server must run with time skipping switched on."""

    def __init__(self, client: Client, plan_id: str) -> None:
        self._skipper = TimeSkipper(
            client, config=TimeSkippingConfig(enabled=False, max_session_skip_count=_MOST_SKIPS)
        )
        self._handle: WorkflowHandle[object, object] = client.get_workflow_handle(plan_workflow_id(plan_id))

    async def now(self) -> datetime:
        """The plan's present."""
        return await self._skipper.get_current_time(self._handle)

    async def advance_to(self, moment: datetime) -> None:
        """Let time pass until `moment`; what falls due on the way happens.

        A plan that hands over to its next run just then takes along the clock as it was before the move. That one is
        lost (temporalio 1.35: RuntimeError, "overridden by a later fast-forward") and made again.
        """
        for left in reversed(range(_MOVES_LOST)):
            ahead = moment - await self.now()
            if ahead <= timedelta(0):
                return
            try:
                await self._skipper.fast_forward(self._handle, ahead)
            except RuntimeError as lost:
                if left == 0 or "overridden" not in str(lost):
                    raise
            else:
                return
