"""The receipt of an outage (F02): what was to go out meanwhile, and what became of each; what came in unheard."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.outages import Outage
from schemas.messages import MessageStatus


class Fared(StrEnum):
    """What became of a text that the outage held up."""

    sent_late = "sent_late"
    merged = "merged"
    not_sent = "not_sent"
    needs_a_call = "needs_a_call"
    waiting = "waiting"


@dataclass(frozen=True, slots=True)
class HeldUp:
    """One text that the agenda wanted during the outage. `template` is None for one whose use was over at once."""

    plan_id: str
    client: str
    key: str
    template: str | None
    rule: str | None
    session_no: int | None
    due_at: datetime
    sent_at: datetime | None
    status: MessageStatus | None
    reason: str | None
    fared: Fared


@dataclass(frozen=True, slots=True)
class Receipt:
    """Everything an outage held up, and how many texts from clients were found at the provider afterwards."""

    outage: Outage
    texts: tuple[HeldUp, ...]
    texts_recovered: int

    def count(self, fared: Fared) -> int:
        """How many texts fared so."""
        return sum(1 for one in self.texts if one.fared is fared)


_HELD_UP: Final = text(
    """
    WITH held_up (plan_id, key, template, rule, session_no, due_at, sent_at, status, reason, reminds) AS (
        SELECT plan_id, key, template, rule, session_no, CAST(order_json ->> 'due_at' AS timestamptz), sent_at,
               status, reason, purpose = 'reminder'
          FROM messages
         WHERE audience = 'client' AND ordered_at >= :began_at
           AND CAST(order_json ->> 'due_at' AS timestamptz) BETWEEN :began_at AND :ended_at
        UNION ALL
        SELECT plan_id, facts ->> 'key', NULL, rule, NULL, CAST(facts ->> 'due' AS timestamptz), NULL, NULL,
               facts ->> 'reason', rule LIKE 'REMIND%'
          FROM events
         WHERE kind = 'text.skipped' AND at >= :began_at
           AND CAST(facts ->> 'due' AS timestamptz) BETWEEN :began_at AND :ended_at
    )
    SELECT held_up.*, clients.given_name || ' ' || clients.family_name AS client
      FROM held_up
      JOIN plans ON plans.id = held_up.plan_id
      JOIN clients ON clients.id = plans.client_id
     ORDER BY held_up.due_at, held_up.key
    """
)
_RECOVERED: Final = text(
    """
    SELECT count(*) FROM inbound_messages
     WHERE raw ? 'Recovered' AND duplicate_of IS NULL AND received_at BETWEEN :began_at AND :ended_at
    """
)
_BY_STATUS: Final = {
    MessageStatus.pending: Fared.waiting,
    MessageStatus.sending: Fared.waiting,
    MessageStatus.sent: Fared.sent_late,
    MessageStatus.delivered: Fared.sent_late,
    MessageStatus.undelivered: Fared.needs_a_call,
    MessageStatus.failed: Fared.needs_a_call,
    MessageStatus.unknown: Fared.needs_a_call,
}


async def outage_receipt(engine: AsyncEngine, outage: Outage) -> Receipt:
    """What this outage held up, in the order in which it was due."""
    span = {"began_at": outage.began_at, "ended_at": outage.ended_at}
    async with one_by_one(engine) as connection:
        rows = (await connection.execute(_HELD_UP, span)).all()
        recovered = (await connection.execute(_RECOVERED, span)).scalar_one()
    texts = []
    for row in rows:
        values = dict(row._mapping)
        reminds = values.pop("reminds")
        status = MessageStatus(row.status) if row.status else None
        values |= {"status": status, "fared": _fared(status, row.reason, reminds=reminds)}
        texts.append(HeldUp(**values))
    return Receipt(outage, tuple(texts), recovered)


def _fared(status: MessageStatus | None, reason: str | None, *, reminds: bool) -> Fared:
    """A client who was not reminded of a visit in time is rung; a question that was not asked is not."""
    if reason == "merged":
        return Fared.merged
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    out_of_use = status is None or status is MessageStatus.expired
    return Fared.needs_a_call if reminds and out_of_use else Fared.not_sent
