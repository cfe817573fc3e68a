"""How often something may be tried: counted in the database, for all processes and across their restarts.

A try is noted before it is judged, so that a hundred at once are a hundred; one that turns out right is taken back.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import any_, bindparam, delete, func, insert, select, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.tables import tries


@dataclass(frozen=True, slots=True)
class Limit:
    """So many tries in any `window` at a door, by one who stands there."""

    door: str
    tries: int
    window: timedelta = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Noted:
    """What came of noting a try: its rows, or how long to `wait` and at which door's limit."""

    ids: tuple[int, ...] = ()
    wait: timedelta = timedelta()
    reached: Limit | None = None


_KEPT_FOR: Final = timedelta(hours=1)
_TURN: Final = text("SELECT pg_advisory_xact_lock(hashtextextended('tries ' || :subject, 0))")
# Old tries go when new ones come; whoever sweeps at the same time does not wait.
_SWEEP: Final = text(
    "DELETE FROM tries WHERE id IN (SELECT id FROM tries WHERE at < :before LIMIT 500 FOR UPDATE SKIP LOCKED)"
)
_LATELY: Final = select(func.count(), func.min(tries.c.at)).where(
    tries.c.subject == bindparam("whose"), tries.c.at > bindparam("since")
)


async def note(engine: AsyncEngine, whose: Mapping[Limit, str], now: datetime) -> Noted:
    """Note one try by those who stand at these doors; nothing is noted where a limit is reached."""
    asked = sorted((_subject(limit, who), limit) for limit, who in whose.items())
    async with engine.begin() as connection:
        for subject, _ in asked:  # in one order, so that nobody waits for each other
            await connection.execute(_TURN, {"subject": subject})
        waits = [(await _wait(connection, subject, limit, now), limit) for subject, limit in asked]
        wait, reached = max(waits, key=lambda one: one[0])
        if wait > timedelta():
            return Noted(wait=wait, reached=reached)
        rows = [{"subject": subject, "at": now} for subject, _ in asked]
        ids = await connection.scalars(insert(tries).returning(tries.c.id), rows)
        noted = Noted(ids=tuple(ids.all()))
        await connection.execute(_SWEEP, {"before": now - _KEPT_FOR})
    return noted


async def forgive(engine: AsyncEngine, noted: Noted, limit: Limit, who: str) -> None:
    """The try was right: it does not count anywhere, nor do this one's earlier slips at this door."""
    columns = tries.c
    async with engine.begin() as connection:
        these = columns.id == any_(bindparam("ids", list(noted.ids), type_=ARRAY(columns.id.type)))
        await connection.execute(delete(tries).where(these | (columns.subject == _subject(limit, who))))


async def _wait(connection: AsyncConnection, subject: str, limit: Limit, now: datetime) -> timedelta:
    lately = (await connection.execute(_LATELY, {"whose": subject, "since": now - limit.window})).one()
    count, oldest = lately
    return oldest + limit.window - now if count >= limit.tries else timedelta()


def _subject(limit: Limit, who: str) -> str:
    return f"{limit.door}:{hashlib.sha256(who.encode()).hexdigest()}"
