"""When the service was away, and how far each of its rounds has come.

A round that marks how far it has come finds out by itself that it was stopped: the next mark comes too late.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import func, insert, select, text
from sqlalchemy.dialects.postgresql import insert as upsert
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.engine import one_by_one
from database.errors import NotFoundError
from database.tables import outages, rounds
from schemas.names import new_id

AWAKE: Final = "awake"
"""The round that says that some worker is at work."""
_TURN = text("SELECT pg_advisory_xact_lock(hashtextextended('round ' || :name, 0))")


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which no worker did anything, in real time."""

    id: str
    began_at: datetime
    ended_at: datetime


async def note_awake(engine: AsyncEngine, now: datetime, asleep_after: timedelta) -> Outage | None:
    """Some worker works at `now`; if none has for longer than `asleep_after`, that was an outage, noted once."""
    async with engine.begin() as connection:
        await connection.execute(_TURN, {"name": AWAKE})
        before = await _reached(connection, AWAKE)
        await _mark(connection, AWAKE, now)
        if before is None or now - before <= asleep_after:
            return None
        outage = Outage(new_id(), before, now)
        await connection.execute(
            insert(outages).values(id=outage.id, began_at=outage.began_at, ended_at=outage.ended_at)
        )
    return outage


async def round_reached(engine: AsyncEngine, name: str) -> datetime | None:
    """How far this round has come; None if it was never made."""
    async with one_by_one(engine) as connection:
        return await _reached(connection, name)


async def mark_round(engine: AsyncEngine, name: str, reached_at: datetime) -> None:
    """This round has come so far; it never goes back."""
    async with engine.begin() as connection:
        await _mark(connection, name, reached_at)


async def recent_outages(engine: AsyncEngine, limit: int = 50) -> tuple[Outage, ...]:
    """The last outages, the newest first."""
    query = select(outages).order_by(outages.c.ended_at.desc()).limit(limit)
    async with one_by_one(engine) as connection:
        return tuple(Outage(**row._mapping) for row in await connection.execute(query))


async def outage_by_id(engine: AsyncEngine, outage_id: str) -> Outage:
    """One outage; raises NotFoundError."""
    async with one_by_one(engine) as connection:
        row = (await connection.execute(select(outages).where(outages.c.id == outage_id))).one_or_none()
    if row is None:
        raise NotFoundError("outage", outage_id)
    return Outage(**row._mapping)


async def _reached(connection: AsyncConnection, name: str) -> datetime | None:
    reached: datetime | None = await connection.scalar(
        select(rounds.c.reached_at).where(rounds.c.name == name)
    )
    return reached


async def _mark(connection: AsyncConnection, name: str, at: datetime) -> None:
    new = upsert(rounds).values(name=name, reached_at=at)
    latest = func.greatest(rounds.c.reached_at, new.excluded.reached_at)
    await connection.execute(
        new.on_conflict_do_update(index_elements=[rounds.c.name], set_={"reached_at": latest})
    )
