"""A text that did not arrive, sent once more because a person asked: a text of its own that stands for the first."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from sqlalchemy import ColumnElement, exists, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.chain import append, hold_chain
from database.engine import one_by_one
from database.outbox import COLUMNS, OutboxText, as_text
from database.outbox_states import FAILURES
from database.recording.texts import order_texts
from database.tables import messages
from schemas.events import EventKind, Fact, PlanEvent
from schemas.messages import Audience, ChannelName, MessageStatus, TextOrder

AT_ONCE: Final = 50


def order_again(order: TextOrder, staff_id: str) -> TextOrder:
    """The order of the second try: no agenda item's, and its question waits already for an answer."""
    return order.but(
        key=f"{order.key}:again", agenda_key=None, prompt=False, asking=None, due_at=None, by=staff_id
    )


async def send_again(engine: AsyncEngine, key: str, staff_id: str, now: datetime) -> bool:
    """Enter the second try of a failed text; once, however often it is asked for.

    False if the text has not failed, is of no use any more, or something stands for it already: a second try
    or a mail. Nothing changes then.
    """
    columns = messages.c
    async with engine.begin() as connection:
        plan_id = await connection.scalar(select(columns.plan_id).where(columns.key == key))
        if plan_id is None:
            return False
        # The plan's row first, always: nobody else writes to its texts from here on.
        held = await hold_chain(connection, plan_id)
        failed = await connection.scalar(
            select(columns.order_json).where(columns.key == key, *_failed(key, now))
        )
        if failed is None:
            return False
        order = order_again(failed.but(ordered_at=now), staff_id)
        if not await order_texts(connection, (order,), now):
            return False
        await connection.execute(update(messages).where(columns.key == order.key).values(stands_for=key))
        facts: dict[str, Fact] = {
            "key": order.key,
            "template": order.template,
            "purpose": order.purpose.value,
        }
        told = PlanEvent(kind=EventKind.text_ordered, at=now, rule=order.rule, actor=staff_id, facts=facts)
        await append(connection, held, told)
    return True


def _failed(key: str, now: datetime) -> tuple[ColumnElement[bool], ...]:
    """A text to a client that has failed, is still of use, and for which nothing stands yet."""
    columns, stand_in = messages.c, messages.alias()
    return (
        columns.status.in_(sorted(FAILURES)),
        columns.channel == ChannelName.sms,
        columns.audience == Audience.client,
        columns.stands_for.is_(None),
        columns.expires_at > now,
        ~exists().where(stand_in.c.stands_for == key),
    )


async def waiting_retries(engine: AsyncEngine) -> tuple[OutboxText, ...]:
    """Second tries that have not been handed over yet, the oldest first."""
    columns = messages.c
    query = (
        select(*COLUMNS)
        .where(
            columns.status == MessageStatus.pending,
            columns.channel == ChannelName.sms,
            columns.stands_for.is_not(None),
        )
        .order_by(columns.queued_at)
        .limit(AT_ONCE)
    )
    async with one_by_one(engine) as connection:
        return tuple(as_text(row) for row in await connection.execute(query))
