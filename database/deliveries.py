"""Texts of whole sites, for those who watch whether they arrive."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Select, func, select, true, tuple_
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.outbox import COLUMNS, OutboxText
from database.tables import clients, inbound_messages, messages, plans, sites
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
    own_sites: frozenset[str],
    statuses: Collection[MessageStatus] = (),
    *,
    channel: ChannelName | None = None,
    before: tuple[datetime, str] | None = None,
    limit: int = 100,
) -> tuple[ClinicText, ...]:
    """Texts of these sites' plans, the last ordered first; of some states, one channel, or before a time and key."""
    columns = messages.c
    newest_first = columns.ordered_at.desc(), columns.key.desc()
    newest = select(columns.key, columns.ordered_at).order_by(*newest_first).limit(limit)
    if statuses:
        newest = newest.where(columns.status.in_(sorted(statuses)))
    if channel is not None:
        newest = newest.where(columns.channel == channel)
    if before is not None:
        newest = newest.where(tuple_(columns.ordered_at, columns.key) < before)
    page = _of_sites(newest, own_sites, limit).subquery()
    query = (
        select(
            *COLUMNS,
            columns.plan_id,
            func.concat(clients.c.given_name, " ", clients.c.family_name).label("client"),
        )
        .join(page, page.c.key == columns.key)
        .join(plans, plans.c.id == columns.plan_id)
        .join(clients, clients.c.id == plans.c.client_id)
        .order_by(*newest_first)
    )
    async with one_by_one(engine) as connection:
        rows = (await connection.execute(query)).all()
    known = len(COLUMNS)
    return tuple(ClinicText(OutboxText(*row[:known]), row.plan_id, row.client) for row in rows)


def _of_sites(newest: Select[str, datetime], own: frozenset[str], limit: int) -> Select[str, datetime]:
    """The newest of each of these sites, and of them the newest: however many texts other sites have."""
    there = select(sites.c.id).where(sites.c.id.in_(sorted(own))).subquery()
    each = newest.where(messages.c.site_id == there.c.id).lateral()
    return (
        select(each.c.key, each.c.ordered_at)
        .join_from(there, each, true())
        .order_by(each.c.ordered_at.desc(), each.c.key.desc())
        .limit(limit)
    )


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
