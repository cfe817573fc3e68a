"""What one person has been texted lately, by all of their plans together.

A person may have several plans, each opened by a form of its own and so with a client's row of its own. Rows with
the same telephone, birthday and given name are one person; a family that shares a telephone is several.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection

from schemas.messages import Audience, TextOrder

LATE_AFTER: Final = timedelta(hours=1)
"""A text that goes out this long after the agenda wanted it catches up after an outage."""
LOOKED_BACK: Final = timedelta(days=8)
"""More than any 7 calendar days in a row, whose questions the contact budget counts."""


@dataclass(frozen=True, slots=True)
class PersonTexts:
    """When a person was texted in the last 8 days, newest first: check-in questions, and late texts of any kind."""

    questions_at: tuple[datetime, ...] = ()
    late_at: tuple[datetime, ...] = ()


# The questions a plan counts in its own budget (SCH-8 goes with a visit, like a reminder).
_TEXTS = text(
    """
    SELECT messages.sending_at,
           messages.purpose = 'question' AND messages.rule LIKE 'SCH-%' AND messages.rule <> 'SCH-8' AS question,
           coalesce(messages.sending_at - CAST(messages.order_json ->> 'due_at' AS timestamptz) > :late, false)
               AS late
      FROM clients AS asked
      JOIN clients AS person
        ON person.id = asked.id
           OR person.mobile = asked.mobile AND person.date_of_birth = asked.date_of_birth
              AND lower(person.given_name) = lower(asked.given_name)
      JOIN messages ON messages.recipient_id = person.id AND messages.audience = 'client'
     WHERE asked.id = :client_id AND messages.key <> :key
       AND messages.sending_at > :since AND messages.sending_at <= :now
       AND messages.status IN ('sending', 'sent', 'delivered', 'undelivered', 'unknown')
     ORDER BY messages.sending_at DESC
    """
)
_TURN = text(
    """
    SELECT pg_advisory_xact_lock(
               hashtextextended(concat_ws(' ', 'person', mobile, date_of_birth, lower(given_name)), 0))
      FROM clients WHERE id = :client_id
    """
)


async def person_texts(connection: AsyncConnection, order: TextOrder, now: datetime) -> PersonTexts:
    """What went to this order's person before it; nothing for a text to staff."""
    if order.audience is not Audience.client:
        return PersonTexts()
    parameters = {
        "client_id": order.recipient_id,
        "key": order.key,
        "since": now - LOOKED_BACK,
        "now": now,
        "late": LATE_AFTER,
    }
    rows = (await connection.execute(_TEXTS, parameters)).all()
    return PersonTexts(
        questions_at=tuple(row.sending_at for row in rows if row.question),
        late_at=tuple(row.sending_at for row in rows if row.late),
    )


async def take_turn(connection: AsyncConnection, client_id: str) -> None:
    """Wait until no other text to this person is being claimed; until this transaction ends none will be."""
    await connection.execute(_TURN, {"client_id": client_id})
