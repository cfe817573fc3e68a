"""A worker as production runs it, that is killed between a commit and Temporal's hearing of it.

Run as a process: `python -m tests.workflows.dying_worker SEQ` ends itself with SIGKILL right after step SEQ of any
plan is in the database.
"""

from __future__ import annotations

import asyncio
import dataclasses
import os
import signal
import sys

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.recording import Recording
from schemas import names
from schemas.orders import RecordOrder
from schemas.settings import load_settings
from schemas.transition import RecordReply
from worker.bootstrap import bootstrap
from worker.process import run_worker


class LastRecording(Recording):
    """Records as ever; after one step the process is no more."""

    def __init__(self, engine: AsyncEngine, last_seq: int) -> None:
        super().__init__(engine)
        self._last_seq = last_seq

    @activity.defn(name=names.RECORD)
    async def record(self, order: RecordOrder) -> RecordReply:
        """Write one transition, perhaps the last."""
        reply = await super().record(order)
        if order.transition.state.seq == self._last_seq:
            os.kill(os.getpid(), signal.SIGKILL)
        return reply


async def _work(last_seq: int) -> None:
    parts = await bootstrap(load_settings())
    dying = dataclasses.replace(parts, recording=LastRecording(parts.engine, last_seq))
    await run_worker(dying, asyncio.Event())


if __name__ == "__main__":
    asyncio.run(_work(int(sys.argv[1])))
