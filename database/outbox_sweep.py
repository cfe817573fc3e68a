"""Texts whose own activity has left them open, and texts of which the provider has said nothing since."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, func, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.outbox import COLUMNS, OutboxText, as_text
from database.tables import messages
from schemas.messages import MessageStatus

AT_ONCE = 50
"""How many texts one round looks at; the rest has its turn in the next."""


async def left_open(
    engine: AsyncEngine, now: datetime, orphaned_after: timedelta, searched_for: timedelta
) -> tuple[OutboxText, ...]:
    """Texts that nobody is going to settle any more, those claimed first at the head.

    Pending ones whose use ended `orphaned_after` ago, ones claimed longer ago than that and without an end, and
    unknown ones claimed within `searched_for`: a provider may list a text late.
    """
    columns = messages.c
    orphaned = now - orphaned_after
    overdue = and_(columns.status == MessageStatus.pending, columns.expires_at <= orphaned)
    claimed = and_(columns.status == MessageStatus.sending, columns.claimed_at <= orphaned)
    lost = and_(columns.status == MessageStatus.unknown, columns.claimed_at > now - searched_for)
    return await _texts(engine, or_(overdue, claimed, lost), columns.claimed_at.nulls_last())


async def without_receipt(
    engine: AsyncEngine, now: datetime, silent_for: timedelta, given_up_after: timedelta
) -> tuple[OutboxText, ...]:
    """Accepted texts of which no receipt has told the end, those asked after longest ago first."""
    columns = messages.c
    last_word = func.coalesce(columns.asked_after_at, columns.claimed_at)
    silent = and_(
        columns.status == MessageStatus.sent,
        columns.provider_sid.is_not(None),
        columns.claimed_at > now - given_up_after,
        last_word <= now - silent_for,
    )
    return await _texts(engine, silent, last_word)


async def asked_after(engine: AsyncEngine, key: str, now: datetime) -> None:
    """The provider has been asked about this text, whatever it said."""
    async with engine.begin() as connection:
        await connection.execute(update(messages).where(messages.c.key == key).values(asked_after_at=now))


async def _texts(
    engine: AsyncEngine, which: ColumnElement[bool], order: ColumnElement[datetime]
) -> tuple[OutboxText, ...]:
    query = select(*COLUMNS).where(which).order_by(order, messages.c.key).limit(AT_ONCE)
    async with one_by_one(engine) as connection:
        return tuple(as_text(row) for row in await connection.execute(query))
