"""One timer for a whole plan. A timer that rings too early costs less than one cancelled and set anew."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

from temporalio import workflow


class Alarm:
    """Rings once, at or before the instant it was last set to.

    It is left alone while it rings no later than asked: the plan wakes, looks and sets it again. That is one
    durable action, as many as cancelling would save.
    """

    def __init__(self) -> None:
        self.rang = False
        self._at: datetime | None = None
        self._timer: asyncio.Task[None] | None = None

    def set(self, at: datetime) -> None:
        """Ring at this instant at the latest."""
        if self._timer is not None and self._at is not None and self._at <= at:
            return
        if self._timer is not None:
            self._timer.cancel()
        self._at = at
        self._timer = asyncio.create_task(self._ring(at))

    async def _ring(self, at: datetime) -> None:
        await workflow.sleep(max(at - workflow.now(), timedelta(milliseconds=1)))
        self.rang = True
        self._timer = None
        self._at = None
