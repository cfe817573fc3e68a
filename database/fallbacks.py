"""Texts that certainly did not arrive and may go by e-mail instead: once each, and only where the client agreed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy import text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.outbox import COLUMNS, OutboxText, as_text
from database.recording.texts import order_texts
from database.tables import messages
from schemas.messages import ChannelName, TextOrder

AT_ONCE: Final = 50


@dataclass(frozen=True, slots=True)
class Fallback:
    """A mail that stands for a text: its own order, as the outbox has it, and where it goes."""

    text: OutboxText
    address: str


# A question is not asked by mail: its answer would not come back. A page goes to staff by other ways.
_FAILED = text(
    """
    SELECT messages.key, messages.order_json
      FROM messages
      JOIN clients ON clients.id = messages.recipient_id AND clients.email IS NOT NULL
      JOIN LATERAL (
           SELECT granted FROM consents
            WHERE consents.client_id = clients.id AND consents.kind = 'email' ORDER BY at DESC LIMIT 1
           ) AS agreed ON agreed.granted
     WHERE messages.status IN ('failed', 'undelivered') AND messages.channel = 'sms'
       AND messages.audience = 'client' AND messages.purpose IN ('reminder', 'notice', 'closing', 'safety')
       AND messages.expires_at > :now
       AND NOT EXISTS (SELECT FROM messages AS mail WHERE mail.stands_for = messages.key)
     ORDER BY messages.settled_at LIMIT :at_once
    """
)
_WAITING = """
    SELECT clients.email FROM clients WHERE clients.id = :client_id
"""


def mail_order(order: TextOrder) -> TextOrder:
    """The order of the mail that stands for a text; it is no agenda item's and waits for no answer."""
    return order.but(key=f"{order.key}:email", agenda_key=None, prompt=False, asking=None, due_at=None)


async def enter_fallbacks(engine: AsyncEngine, now: datetime) -> int:
    """Enter a mail for every failed text that may have one; a text never gets a second. Returns how many."""
    entered = 0
    async with engine.begin() as connection:
        for row in (await connection.execute(_FAILED, {"now": now, "at_once": AT_ONCE})).all():
            order = mail_order(TextOrder.read(row.order_json))
            if await order_texts(connection, (order,), now):
                await connection.execute(
                    update(messages)
                    .where(messages.c.key == order.key)
                    .values(channel=ChannelName.email, stands_for=row.key)
                )
                entered += 1
    return entered


async def waiting_mails(engine: AsyncEngine) -> tuple[Fallback, ...]:
    """Mails that have not been handed in yet."""
    columns = messages.c
    query = (
        messages.select()
        .with_only_columns(*COLUMNS)
        .where(columns.channel == ChannelName.email, columns.status == "pending")
        .order_by(columns.queued_at)
        .limit(AT_ONCE)
    )
    async with one_by_one(engine) as connection:
        texts = [as_text(row) for row in await connection.execute(query)]
        found = []
        for one in texts:
            address = await connection.scalar(text(_WAITING), {"client_id": one.order.recipient_id})
            if address:
                found.append(Fallback(one, address))
    return tuple(found)
