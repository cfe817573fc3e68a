"""The story of a plan, page by page, and the proof that nobody rewrote it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.chain import GENESIS, link
from database.engine import one_by_one
from database.errors import NotFoundError
from database.tables import events, plans
from schemas.events import EventKind, PlanEvent


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event at its place in the chain. `id` orders the events of the whole clinic."""

    id: int
    plan_id: str
    plan_seq: int
    position: int
    event: PlanEvent
    previous_hash: bytes
    hash: bytes
    recorded_at: datetime


@dataclass(frozen=True, slots=True)
class ChainCheck:
    """What a check of a plan's chain found. `broken_at` is the first position that does not fit; None: whole."""

    plan_id: str
    length: int
    broken_at: int | None

    @property
    def whole(self) -> bool:
        """Whether every event is as it was written, and none is missing."""
        return self.broken_at is None


_AT_ONCE: Final = 1_000
_COLUMNS = events.c
_EVENT_FIELDS = (_COLUMNS.kind, _COLUMNS.at, _COLUMNS.rule, _COLUMNS.actor, _COLUMNS.facts)
_RECORDED = select(
    _COLUMNS.id,
    _COLUMNS.plan_id,
    _COLUMNS.plan_seq,
    _COLUMNS.position,
    *_EVENT_FIELDS,
    _COLUMNS.previous_hash,
    _COLUMNS.hash,
    _COLUMNS.recorded_at,
)


async def events_of_plan(
    engine: AsyncEngine, plan_id: str, *, before_position: int | None = None, limit: int = 100
) -> tuple[RecordedEvent, ...]:
    """A page of a plan's story, newest first; ask for the next with the last one's position."""
    query = _RECORDED.where(_COLUMNS.plan_id == plan_id)
    if before_position is not None:
        query = query.where(_COLUMNS.position < before_position)
    return await _page(engine, query.order_by(_COLUMNS.position.desc()).limit(limit))


async def events_of_kinds(
    engine: AsyncEngine, plan_id: str, kinds: Collection[EventKind]
) -> tuple[PlanEvent, ...]:
    """Every event of a plan that is of one of these kinds, oldest first."""
    query = select(*_EVENT_FIELDS).where(_COLUMNS.plan_id == plan_id, _COLUMNS.kind.in_(sorted(kinds)))
    async with one_by_one(engine) as connection:
        return tuple(_event(row) for row in await connection.execute(query.order_by(_COLUMNS.position)))


async def every_event(
    engine: AsyncEngine, *, plan_id: str | None = None, since: datetime | None = None
) -> AsyncIterator[RecordedEvent]:
    """Events in the order in which they were recorded, as of one moment: of one plan, or recorded `since`, if asked.

    They come from the server as they are taken, some at a time, however many there are.
    """
    query = _RECORDED.order_by(_COLUMNS.id)
    if plan_id is not None:
        query = query.where(_COLUMNS.plan_id == plan_id)
    if since is not None:
        query = query.where(_COLUMNS.recorded_at >= since)
    async with engine.connect() as connection:
        async for row in await connection.stream(query, execution_options={"yield_per": _AT_ONCE}):
            yield _recorded(row)


async def verify_chain(engine: AsyncEngine, plan_id: str) -> ChainCheck:
    """Recompute a plan's chain from its first event to the end the plan knows; raises NotFoundError.

    End and events are read as of one moment: the plan may go on meanwhile.
    """
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="REPEATABLE READ")
        query = select(plans.c.chain_position, plans.c.chain_hash).where(plans.c.id == plan_id)
        end = (await connection.execute(query)).one_or_none()
        if end is None:
            raise NotFoundError("plan", plan_id)
        rows = await connection.stream(
            _RECORDED.where(_COLUMNS.plan_id == plan_id).order_by(_COLUMNS.position)
        )
        previous, position = GENESIS, 0
        async for row in rows:
            position += 1
            expected = link(plan_id, row.plan_seq, position, _event(row), previous)
            if row.position != position or row.previous_hash != previous or row.hash != expected:
                return ChainCheck(plan_id, end.chain_position, position)
            previous = row.hash
    if position != end.chain_position or previous != end.chain_hash:
        return ChainCheck(plan_id, end.chain_position, position + 1)
    return ChainCheck(plan_id, position, None)


async def _page(engine: AsyncEngine, query: Select[Any]) -> tuple[RecordedEvent, ...]:
    async with one_by_one(engine) as connection:
        return tuple(_recorded(row) for row in await connection.execute(query))


def _recorded(row: Any) -> RecordedEvent:
    return RecordedEvent(
        id=row.id,
        plan_id=row.plan_id,
        plan_seq=row.plan_seq,
        position=row.position,
        event=_event(row),
        previous_hash=row.previous_hash,
        hash=row.hash,
        recorded_at=row.recorded_at,
    )


def _event(row: Any) -> PlanEvent:
    return PlanEvent.read(
        {"kind": row.kind, "at": row.at, "rule": row.rule, "actor": row.actor, "facts": row.facts}
    )
