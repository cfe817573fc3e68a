"""The plan's steps, into the database."""

from __future__ import annotations

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from database.record import record
from schemas import names
from schemas.orders import RecordOrder
from schemas.transition import RecordReply


class Recording:
    """Commits transitions. Whatever goes wrong here is tried again: a plan waits rather than loses a step."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn(name=names.RECORD)
    async def record(self, order: RecordOrder) -> RecordReply:
        """Write one transition whole or not at all; idempotent by (plan, seq)."""
        return await record(self._engine, order.transition, order.next_item)
