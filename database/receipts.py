"""Delivery receipts: late, twice, out of order or for a text whose own commit they outran (F28)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.chain import append, hold_chain
from database.engine import one_by_one
from database.notices import board_told
from database.outbox import Fate, move
from database.outbox_states import FAILURES, PLAN_MUST_KNOW, PROVIDER_WORDS
from database.recording.texts import WITHDRAWN
from database.tables import messages, receipts
from schemas.events import EventKind, PlanEvent
from schemas.messages import MessageStatus


@dataclass(frozen=True, slots=True)
class Receipt:
    """What the provider said about a text. `message_key` is our intent key, from the callback's address."""

    provider_sid: str
    status: str
    error_code: str | None
    message_key: str | None
    raw: Mapping[str, Any]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class FinalFailure:
    """A text that will not arrive, or perhaps did not, of which its plan has not been told yet.

    `kept_back` is why it was not sent on purpose: only a question's plan must know, since it waits for the answer.
    `unknown_under` is the rule of a text of which nobody knows whether it went.
    """

    key: str
    plan_id: str
    session_no: int | None
    error_code: str | None
    kept_back: str | None = None
    unknown_under: str | None = None


@dataclass(frozen=True, slots=True)
class ProviderState:
    """One word of the provider about a text, in the order in which the words came."""

    status: str
    error_code: str | None
    at: datetime


async def receive(engine: AsyncEngine, receipt: Receipt) -> FinalFailure | None:
    """Store a receipt and apply it to its text; returns the failure that the plan must still hear of.

    A receipt that comes again is stored once and has no second effect, but an untold failure is returned
    again, so that a plan that could not be told the first time is told the next.
    """
    async with engine.begin() as connection:
        await _store(connection, receipt)
        found = await _the_text(connection, receipt)
        status = PROVIDER_WORDS.get(receipt.status.lower())
        if found is None:
            if status in FAILURES:  # of the link to a form, perhaps: the board looks again
                await connection.execute(select(board_told()))
            return None
        held = await hold_chain(connection, found.plan_id)
        if status is not None:
            fate = Fate(
                status,
                reason="receipt" if status in FAILURES else None,
                error_code=receipt.error_code,
                provider_sid=receipt.provider_sid,
            )
            if await move(connection, found.key, fate, receipt.received_at):
                facts = {"key": found.key, "status": status.value, "error_code": receipt.error_code}
                kind = EventKind.text_sent if status is MessageStatus.sent else EventKind.text_delivery
                await append(
                    connection,
                    held,
                    PlanEvent(kind=kind, at=receipt.received_at, rule=found.rule, facts=facts),
                )
        failures = await _untold(connection, found.key)
    return failures[0] if failures else None


async def untold_failures(engine: AsyncEngine) -> tuple[FinalFailure, ...]:
    """Every final failure that its plan has not been told of, for the sweep."""
    async with one_by_one(engine) as connection:
        return await _untold(connection, None)


async def states_by_text(
    engine: AsyncEngine, provider_sids: Sequence[str]
) -> dict[str, tuple[ProviderState, ...]]:
    """What the provider said about each of these texts, by its id for them."""
    columns = receipts.c
    query = (
        select(columns.provider_sid, columns.status, columns.error_code, columns.received_at)
        .where(columns.provider_sid.in_(provider_sids))
        .order_by(columns.received_at, columns.id)
    )
    states: dict[str, tuple[ProviderState, ...]] = {}
    async with one_by_one(engine) as connection:
        for sid, *state in await connection.execute(query):
            states[sid] = (*states.get(sid, ()), ProviderState(*state))
    return states


async def plan_told(engine: AsyncEngine, key: str, now: datetime) -> None:
    """The plan has taken the failure in."""
    async with engine.begin() as connection:
        await connection.execute(update(messages).where(messages.c.key == key).values(plan_told_at=now))


async def _store(connection: AsyncConnection, receipt: Receipt) -> None:
    await connection.execute(
        insert(receipts)
        .values(
            provider_sid=receipt.provider_sid,
            status=receipt.status,
            error_code=receipt.error_code,
            message_key=receipt.message_key,
            raw=dict(receipt.raw),
            received_at=receipt.received_at,
        )
        .on_conflict_do_nothing(index_elements=[receipts.c.provider_sid, receipts.c.status])
    )


async def _the_text(connection: AsyncConnection, receipt: Receipt) -> Any:
    """The text by the provider's id, else by our key; a key whose text has another id is not this one."""
    columns = messages.c
    same_text = or_(columns.provider_sid == receipt.provider_sid, columns.key == receipt.message_key)
    query = (
        select(columns.key, columns.plan_id, columns.rule)
        .where(same_text, or_(columns.provider_sid.is_(None), columns.provider_sid == receipt.provider_sid))
        .order_by(columns.provider_sid.nulls_last())
        .limit(1)
    )
    return (await connection.execute(query)).one_or_none()


async def _untold(connection: AsyncConnection, key: str | None) -> tuple[FinalFailure, ...]:
    columns = messages.c
    kept_back = and_(columns.status == MessageStatus.suppressed, columns.prompt, columns.reason != WITHDRAWN)
    query = select(
        columns.key,
        columns.plan_id,
        columns.session_no,
        columns.error_code,
        case((columns.status == MessageStatus.suppressed, columns.reason)),
        case((columns.status == MessageStatus.unknown, columns.rule)),
    ).where(
        or_(columns.status.in_(sorted(PLAN_MUST_KNOW)), kept_back),
        columns.plan_told_at.is_(None),
        columns.stands_for.is_(None),
    )
    if key is not None:
        query = query.where(columns.key == key)
    return tuple(FinalFailure(*row) for row in await connection.execute(query.order_by(columns.settled_at)))
