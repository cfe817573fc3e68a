"""Texts that came in: stored before anything else, routed once, and one effect each (F29)."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import Row, bindparam, column, func, insert, select, text, update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.errors import NotFoundError
from database.notices import board_told
from database.recording.texts import allow_texts_of
from database.tables import clients, inbound_messages, messages, plans
from database.tables.texts import InboundStatus
from schemas.messages import Audience
from schemas.names import new_id
from schemas.plan import CLOSED_STAGES, PlanState, Stage
from schemas.replies import Reading

REPEAT_WITHIN = timedelta(seconds=60)
"""The same words from the same number again within this time are the provider's repeat, not the client's."""


@dataclass(frozen=True, slots=True)
class ArrivedText:
    """A text as the provider delivered it; numbers in E.164, `raw` the whole form."""

    provider_sid: str
    from_number: str
    to_number: str
    body: str
    num_media: int
    raw: Mapping[str, Any]
    received_at: datetime


@dataclass(frozen=True, slots=True)
class StoredText:
    """A text on record. `id` is the original's, also for a repeat; `repeated` texts have no effect."""

    id: str
    repeated: bool


@dataclass(frozen=True, slots=True)
class InboundText:
    """An inbound text and how far it is."""

    id: str
    from_number: str
    body: str
    num_media: int
    received_at: datetime
    status: InboundStatus
    plan_id: str | None
    routed_at: datetime | None
    reading: Reading | None
    answers_key: str | None


@dataclass(frozen=True, slots=True)
class RouteCandidate:
    """An open plan of a client with this number; `last_text_at` is when a text last went out to it (real time).

    `person` is the same for all clients' rows of one person, who filled in several forms.
    """

    client_id: str
    plan_id: str
    stage: Stage
    last_text_at: datetime | None
    person: str
    state: PlanState


_COLUMNS = tuple(inbound_messages.c[name] for name in InboundText.__dataclass_fields__)
_OPEN = (InboundStatus.received, InboundStatus.unmatched)
_TEXT = select(*_COLUMNS).where(inbound_messages.c.id == bindparam("text"))
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended(:words, 0))")


async def store(engine: AsyncEngine, arrived: ArrivedText) -> StoredText:
    """Put a text on record, raw and first. Repeats, under the same id or a new one, are told apart (F29).

    A repeat under a new id is stored too, as a duplicate of its original: nothing a client sent is lost.
    The same words after another question of ours are an answer to that one, however soon they come (F12).
    """
    words = f"{arrived.from_number} {hashlib.sha256(arrived.body.encode()).hexdigest()}"
    async with engine.begin() as connection:
        await connection.execute(_TURN, {"words": words})
        seen = (await connection.execute(_SEEN, _looked_for(arrived))).one()
        if seen.known is not None:
            return StoredText(seen.known, repeated=True)
        original = seen.original
        new = new_id()
        await connection.execute(
            insert(inbound_messages).values(
                id=new,
                provider_sid=arrived.provider_sid,
                from_number=arrived.from_number,
                to_number=arrived.to_number,
                body=arrived.body,
                num_media=arrived.num_media,
                raw=dict(arrived.raw),
                received_at=arrived.received_at,
                minute_key=_minute_key(words, seen.asked, arrived.received_at) if original is None else None,
                duplicate_of=original,
                status=InboundStatus.received if original is None else InboundStatus.duplicate,
            )
        )
    return StoredText(original or new, repeated=original is not None)


# `asked` is when a question of ours last went out to this number (real time); our answers to texts do not count.
_SEEN = text(
    """
    SELECT (SELECT coalesce(duplicate_of, id) FROM inbound_messages WHERE provider_sid = :provider_sid) AS known,
           last.asked,
           (SELECT id FROM inbound_messages
             WHERE from_number = :number AND body = :body AND duplicate_of IS NULL
               AND received_at BETWEEN :earliest AND :latest
               AND (last.asked IS NULL OR received_at > last.asked)
             ORDER BY received_at LIMIT 1) AS original
      FROM (SELECT max(claimed_at) AS asked FROM messages WHERE to_number = :number AND prompt) AS last
    """
).columns(column("known"), column("asked"), column("original"))


def _looked_for(arrived: ArrivedText) -> dict[str, object]:
    """What a text may be a repeat of: the same id, or the same words shortly before or after."""
    return {
        "provider_sid": arrived.provider_sid,
        "number": arrived.from_number,
        "body": arrived.body,
        "earliest": arrived.received_at - REPEAT_WITHIN,
        "latest": arrived.received_at + REPEAT_WITHIN,
    }


def _minute_key(words: str, asked: datetime | None, at: datetime) -> str:
    answered = asked.isoformat() if asked else "unasked"
    return f"{words} {answered} {at.astimezone(UTC):%Y-%m-%dT%H:%M}"


async def unrouted(engine: AsyncEngine, limit: int = 100) -> tuple[InboundText, ...]:
    """Texts that have reached no plan and no person yet, oldest first, for the sweep."""
    query = select(*_COLUMNS).where(inbound_messages.c.status == InboundStatus.received)
    async with one_by_one(engine) as connection:
        rows = await connection.execute(query.order_by(inbound_messages.c.received_at).limit(limit))
        return tuple(_as_text(row) for row in rows)


async def text_of(engine: AsyncEngine, inbound_id: str) -> InboundText:
    """One inbound text with its words; raises NotFoundError."""
    async with one_by_one(engine) as connection:
        row = (await connection.execute(_TEXT, {"text": inbound_id})).one_or_none()
    if row is None:
        raise NotFoundError("inbound text", inbound_id)
    return _as_text(row)


async def texts_from_plan(engine: AsyncEngine, plan_id: str) -> tuple[InboundText, ...]:
    """What the client of this plan sent to it, newest first."""
    query = select(*_COLUMNS).where(inbound_messages.c.plan_id == plan_id)
    async with one_by_one(engine) as connection:
        rows = await connection.execute(query.order_by(inbound_messages.c.received_at.desc()))
        return tuple(_as_text(row) for row in rows)


async def route_candidates(engine: AsyncEngine, number: str) -> tuple[RouteCandidate, ...]:
    """The open plans of every client with this number, the one texted last first. Families share (F32)."""
    async with one_by_one(engine) as connection:
        rows = await connection.execute(_CANDIDATES, {"number": number})
        return tuple(RouteCandidate(*row) for row in rows)


_last_text_at = (
    select(func.max(messages.c.claimed_at))
    .where(messages.c.plan_id == plans.c.id, messages.c.audience == Audience.client)
    .scalar_subquery()
    .label("last_text_at")
)
_person = func.concat_ws(" ", clients.c.date_of_birth, func.lower(clients.c.given_name))
_CANDIDATES = (
    select(clients.c.id, plans.c.id, plans.c.stage, _last_text_at, _person, plans.c.state)
    .join(plans, plans.c.client_id == clients.c.id)
    .where(clients.c.mobile == bindparam("number"), plans.c.stage.not_in(sorted(CLOSED_STAGES)))
    .order_by(_last_text_at.desc().nulls_last(), plans.c.opened_at.desc())
)


async def routed(engine: AsyncEngine, inbound_id: str, plan_id: str, now: datetime) -> None:
    """The text was given to this plan. One that the plan has read already stays read."""
    await _mark(engine, inbound_id, InboundStatus.routed, plan_id, now)


async def unmatched(engine: AsyncEngine, inbound_id: str) -> None:
    """No plan fits, or several do: a person decides, and sees it in the attention list."""
    await _mark(engine, inbound_id, InboundStatus.unmatched)


async def read_by_person(engine: AsyncEngine, inbound_id: str) -> None:
    """A person has dealt with a text that fitted no plan."""
    await _mark(engine, inbound_id, InboundStatus.read)


async def allow_number(engine: AsyncEngine, number: str, allowed: bool, now: datetime) -> None:
    """An opt-out, or its end, by text from a number that belongs to several clients, or to a plan that has ended.

    The provider blocks the number, not the person: it holds for everybody who shares it (F32).
    """
    async with engine.begin() as connection:
        sharing = await connection.scalars(
            select(clients.c.id).where(clients.c.mobile == number).order_by(clients.c.id)
        )
        for client_id in sharing.all():
            await allow_texts_of(connection, client_id, allowed, now)


async def note_reading(
    engine: AsyncEngine, inbound_id: str, reading: Reading, answers_key: str | None = None
) -> None:
    """What the text was read as, and which prompt it answers."""
    noted = {"text": inbound_id, "read_as": reading, "answered": answers_key}
    async with one_by_one(engine) as connection:
        await connection.execute(_NOTE_READING, noted)


_NOTE_READING = (
    update(inbound_messages)
    .where(inbound_messages.c.id == bindparam("text"))
    .values(reading=bindparam("read_as"), answers_key=bindparam("answered"))
)
_MARK = (
    update(inbound_messages)
    .where(inbound_messages.c.id == bindparam("text"), inbound_messages.c.status.in_(_OPEN))
    .values(
        status=bindparam("to_status"),
        plan_id=func.coalesce(bindparam("plan"), inbound_messages.c.plan_id),
        routed_at=func.coalesce(bindparam("at"), inbound_messages.c.routed_at),
    )
    .returning(board_told())
)


async def _mark(
    engine: AsyncEngine,
    inbound_id: str,
    status: InboundStatus,
    plan_id: str | None = None,
    at: datetime | None = None,
) -> None:
    marked = {"text": inbound_id, "to_status": status, "plan": plan_id, "at": at}
    async with one_by_one(engine) as connection:
        await connection.execute(_MARK, marked)


def _as_text(row: Row[Any]) -> InboundText:
    return InboundText(**row._mapping)
