"""Texts ordered, texts taken back, and whether the client may be texted at all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection

from database.tables import messages
from schemas.events import EventKind, PlanEvent
from schemas.messages import MessageStatus, TextOrder, TextPurpose
from schemas.names import new_id
from schemas.transition import Transition

WITHDRAWN = "withdrawn"

_ROUTINE = [TextPurpose.reminder.value, TextPurpose.question.value, TextPurpose.notice.value]

_WITHDRAW = text(
    """
    UPDATE messages SET status = 'suppressed', reason = :reason, settled_at = :at
     WHERE plan_id = :plan_id AND status = 'pending' AND audience = 'client' AND purpose = ANY (:purposes)
       AND key <> ALL (CAST(:own AS text[])) AND (:session_no = 0 OR session_no = :session_no)
    RETURNING key, rule
    """
)


async def withdraw_texts(
    connection: AsyncConnection, transition: Transition, now: datetime
) -> tuple[PlanEvent, ...]:
    """Take back pending texts to the client (F04, F14), never safety ones; returns the events of it."""
    if transition.withdraw_texts is None:
        return ()
    parameters = {
        "plan_id": transition.state.plan_id,
        "reason": WITHDRAWN,
        "at": now,
        "purposes": _ROUTINE,
        "own": [order.key for order in transition.texts],
        "session_no": transition.withdraw_texts,
    }
    taken_back = (await connection.execute(_WITHDRAW, parameters)).all()
    return tuple(
        PlanEvent(kind=EventKind.text_withdrawn, at=now, rule=row.rule, facts={"key": row.key})
        for row in sorted(taken_back)
    )


ORDER = insert(messages).on_conflict_do_nothing(index_elements=[messages.c.key])
"""Puts texts into the outbox, with the values of `as_row`; one that is there stays as it is."""


async def order_texts(connection: AsyncConnection, orders: tuple[TextOrder, ...], now: datetime) -> int:
    """Put texts into the outbox as pending; one that is there stays as it is. Returns how many are new."""
    if not orders:
        return 0
    result = await connection.execute(ORDER, [as_row(order, now) for order in orders])
    return result.rowcount


def as_row(order: TextOrder, now: datetime) -> dict[str, object]:
    """A text that nobody has taken for sending yet, as the outbox keeps it."""
    return {
        "key": order.key,
        "plan_id": order.plan_id,
        "audience": order.audience,
        "recipient_id": order.recipient_id,
        "purpose": order.purpose,
        "template": order.template,
        "rule": order.rule,
        "agenda_key": order.agenda_key,
        "session_no": order.session_no,
        "session_revision": order.session_revision,
        "order_json": order,
        "status": MessageStatus.pending,
        "ordered_at": order.ordered_at,
        "expires_at": order.expires_at,
        "queued_at": now,
        "prompt": order.prompt,
    }


# Everyone who shares the number: the provider blocks the number, not the person (F32). Opting in again
# gives texts back only to those whom a text had stopped.
_SHARING = text(
    """
    SELECT sharer.id FROM clients asker
      JOIN clients sharer ON sharer.id = asker.id OR sharer.mobile = asker.mobile
     WHERE asker.id = :client_id AND sharer.texts_allowed <> :allowed
       AND (sharer.id = asker.id OR NOT :allowed OR :how = (
            SELECT how FROM consents WHERE client_id = sharer.id AND kind = :kind ORDER BY at DESC LIMIT 1))
     ORDER BY sharer.id FOR NO KEY UPDATE OF sharer
    """
)
_ALLOW = text("UPDATE clients SET texts_allowed = :allowed WHERE id = ANY (:clients)")
_CONSENT = text(
    """
    INSERT INTO consents (id, client_id, kind, granted, wording, how, recorded_by, at)
    VALUES (:id, :client_id, :kind, :allowed, :wording, :how, :recorded_by, :at)
    """
)
_BY_TEXT = {"kind": "texts", "how": "text"}
_WORDING = {
    True: "The client asked by text for texts again",
    False: "The client asked by text for no more texts",
}


async def allow_texts(connection: AsyncConnection, transition: Transition, now: datetime) -> None:
    """Note an opt-out or opt-in for every client of that number, as a consent that can be shown later."""
    if transition.texts_allowed is not None:
        await allow_texts_of(connection, transition.state.client_id, transition.texts_allowed, now)


async def allow_texts_of(connection: AsyncConnection, client_id: str, allowed: bool, now: datetime) -> None:
    """The same, for this client and everyone who shares the number; once is as good as often."""
    found = await connection.execute(_SHARING, {"client_id": client_id, "allowed": allowed, **_BY_TEXT})
    clients = [row.id for row in found]
    if not clients:
        return
    await connection.execute(_ALLOW, {"allowed": allowed, "clients": clients})
    consent = {
        "allowed": allowed,
        "wording": _WORDING[allowed],
        "recorded_by": "client",
        "at": now,
        **_BY_TEXT,
    }
    await connection.execute(_CONSENT, [{**consent, "id": new_id(), "client_id": one} for one in clients])
