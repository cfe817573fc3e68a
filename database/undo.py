"""Taking a text back while it still waits: the one who caused it has second thoughts, and nothing goes out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.chain import append, hold_chain
from database.engine import one_by_one
from database.tables import messages
from schemas.events import EventKind, PlanEvent
from schemas.messages import MessageStatus

UNDONE: Final = "undone"

_CAUSED_BY = messages.c.order_json["by"].astext
_WAITS = messages.c.status == MessageStatus.pending


@dataclass(frozen=True, slots=True)
class WaitingText:
    """A text that has not gone yet and may be taken back."""

    key: str
    plan_id: str
    template: str
    ordered_at: datetime


async def texts_to_undo(
    engine: AsyncEngine, staff_id: str, plan_id: str | None = None
) -> tuple[WaitingText, ...]:
    """What this member of staff caused and could still take back, the newest first; of one plan if asked."""
    columns = messages.c
    query = select(columns.key, columns.plan_id, columns.template, columns.ordered_at)
    query = query.where(_WAITS, staff_id == _CAUSED_BY)
    if plan_id is not None:
        query = query.where(columns.plan_id == plan_id)
    async with one_by_one(engine) as connection:
        rows = await connection.execute(query.order_by(columns.ordered_at.desc(), columns.key))
        return tuple(WaitingText(*row) for row in rows)


async def take_back(engine: AsyncEngine, plan_id: str, key: str, staff_id: str, now: datetime) -> bool:
    """Take one's own text back. False if it has gone, or begun to go, or is not one's own; nothing changes then.

    The same conditional UPDATE that claims a text for sending stands against this one: one of the two wins.
    Raises NotFoundError for an unknown plan.
    """
    columns = messages.c
    mine = (columns.key == key) & (columns.plan_id == plan_id) & (staff_id == _CAUSED_BY)
    undone = {"status": MessageStatus.suppressed, "reason": UNDONE, "settled_at": now}
    async with engine.begin() as connection:
        held = await hold_chain(connection, plan_id)
        taken = await connection.execute(
            update(messages).where(mine, _WAITS).values(undone).returning(columns.rule)
        )
        rule = taken.scalar_one_or_none()
        if rule is None:
            return False
        told = PlanEvent(kind=EventKind.text_withdrawn, at=now, rule=rule, actor=staff_id, facts={"key": key})
        await append(connection, held, told)
    return True
