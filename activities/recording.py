"""The plan's steps, into the database."""

from __future__ import annotations

from psycopg.errors import ExclusionViolation
from sqlalchemy.exc import DataError, IntegrityError
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity
from temporalio.exceptions import ApplicationError

from database.record import record
from schemas import names
from schemas.orders import RecordOrder
from schemas.transition import RecordReply


class Recording:
    """Commits transitions. What goes wrong is tried again: a plan waits rather than loses a step.

    Except a step that the database refuses for what it says (a note that does not exist): that is final, so that
    one command cannot hold its plan up for ever.
    """

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine

    @activity.defn(name=names.RECORD)
    async def record(self, order: RecordOrder) -> RecordReply:
        """Write one transition whole or not at all; idempotent by (plan, seq)."""
        try:
            return await record(self._engine, order.transition, order.next_item)
        except (IntegrityError, DataError) as refused:
            if isinstance(refused.orig, ExclusionViolation):
                raise
            raise ApplicationError(
                f"the database refuses step {order.transition.state.seq}: {type(refused.orig).__name__}",
                type="unrecordable",
                non_retryable=True,
            ) from None
