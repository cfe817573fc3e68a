"""Texts of the whole clinic, for those who watch whether they arrive."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.outbox import COLUMNS, OutboxText
from database.tables import clients, inbound_messages, messages, plans
from database.tables.texts import InboundStatus
from schemas.messages import ChannelName, MessageStatus


@dataclass(frozen=True, slots=True)
class ClinicText:
    """A text out and whose plan it belongs to."""

    text: OutboxText
    plan_id: str
    client: str


@dataclass(frozen=True, slots=True)
class UnplacedText:
    """A text in that fits no plan, or several; a person finds out whose it is."""

    id: str
    from_number: str
    body: str
    received_at: datetime


async def recent_texts(
    engine: AsyncEngine,
    statuses: Collection[MessageStatus] = (),
    *,
    channel: ChannelName | None = None,
    sites: frozenset[str] | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> tuple[ClinicText, ...]:
    """Texts of all plans, the last ordered first; of some states, sites, one channel, or before a time and key."""
    columns = messages.c
    query = (
        select(
            *COLUMNS,
            columns.plan_id,
            func.concat(clients.c.given_name, " ", clients.c.family_name).label("client"),
        )
        .join(plans, plans.c.id == columns.plan_id)
        .join(clients, clients.c.id == plans.c.client_id)
        .order_by(columns.ordered_at.desc(), columns.key.desc())
        .limit(limit)
    )
    if statuses:
        query = query.where(columns.status.in_(sorted(statuses)))
    if channel is not None:
        query = query.where(columns.channel == channel)
    if sites is not None:
        query = query.where(plans.c.site_id.in_(sorted(sites)))
    if before is not None:
        query = query.where(tuple_(columns.ordered_at, columns.key) < before)
    async with one_by_one(engine) as connection:
        rows = (await connection.execute(query)).all()
    known = len(COLUMNS)
    return tuple(ClinicText(OutboxText(*row[:known]), row.plan_id, row.client) for row in rows)


async def unplaced_texts(engine: AsyncEngine) -> tuple[UnplacedText, ...]:
    """Texts in that wait for a person, the oldest first."""
    columns = inbound_messages.c
    query = (
        select(columns.id, columns.from_number, columns.body, columns.received_at)
        .where(columns.status == InboundStatus.unmatched)
        .order_by(columns.received_at)
    )
    async with one_by_one(engine) as connection:
        return tuple(UnplacedText(**row._mapping) for row in await connection.execute(query))
