"""How the way to the clients' phones is doing: when something last went each way, and what waits or failed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one

_LOOKED_BACK: Final = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class TextingHealth:
    """What the last 24 hours say; None where nothing went.

    `oldest_waiting_at` is when the oldest open text was ordered; one that is ordered at night waits for the morning.
    """

    last_sent_at: datetime | None
    last_receipt_at: datetime | None
    last_inbound_at: datetime | None
    oldest_waiting_at: datetime | None
    sent: int
    failed: int


_HEALTH: Final = text(
    """
    WITH lately AS MATERIALIZED (
        SELECT status, sent_at FROM messages WHERE ordered_at > :since AND ordered_at <= :now AND channel = 'sms'
    )
    SELECT (SELECT max(sent_at) FROM lately) AS last_sent_at,
           (SELECT count(*) FROM lately WHERE sent_at IS NOT NULL) AS sent,
           (SELECT count(*) FROM lately WHERE status IN ('failed', 'undelivered', 'unknown')) AS failed,
           (SELECT received_at FROM receipts ORDER BY id DESC LIMIT 1) AS last_receipt_at,
           (SELECT received_at FROM inbound_messages ORDER BY id DESC LIMIT 1) AS last_inbound_at,
           (SELECT min(queued_at) FROM messages WHERE status IN ('pending', 'sending')) AS oldest_waiting_at
    """
)


async def texting_health(engine: AsyncEngine, now: datetime) -> TextingHealth:
    """The state of texting at `now`."""
    async with one_by_one(engine) as connection:
        row = (await connection.execute(_HEALTH, {"now": now, "since": now - _LOOKED_BACK})).one()
    return TextingHealth(**row._mapping)
