"""Plans multiplied inside PostgreSQL, for measurements: one pattern becomes many plans with ids of their own.

Every copy is what its pattern is, with other names, its own staff and a hash chain that holds.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.chain import canonical
from database.copied_rows import CLINIC, IDS, moved, rows_of_copies
from database.tables import events
from schemas.events import PlanEvent

_AT_ONCE: Final = 2_500
"""Copies a transaction: enough to be quick, little enough to sort in memory."""
_SIDE_BY_SIDE: Final = 2
"""Connections that copy at once: it is work for the server's processors more than for its disk."""


@dataclass(frozen=True, slots=True)
class Copying:
    """How many plans there shall be. A round copies each open pattern once and each closed one `closed` times.

    `sites` is over how many sites the copies are spread, the patterns' own among them; every round has
    physiotherapists and rooms of its own.
    """

    patterns: Sequence[str]
    copies: int
    closed: int
    sites: int


_LOADING: Final = (
    "SET statement_timeout = 0",
    "SET synchronous_commit = off",
    "SET work_mem = '256MB'",
    # A copy refers to what its pattern refers to, under the copy's own ids: as a replica the server does not look
    # each of them up again. It lets superusers say so; for others it looks.
    """
    SELECT set_config('session_replication_role', 'replica', false)
     WHERE has_parameter_privilege('session_replication_role', 'SET')
    """,
)
_EVENTS: Final = (
    "CREATE TEMP TABLE pattern_events AS SELECT *, ''::text AS words, false AS names FROM events LIMIT 0"
)
_EVENT: Final = """
INSERT INTO pattern_events (plan_id, plan_seq, position, kind, at, rule, actor, facts, words, names)
SELECT e.plan_id, e.plan_seq, e.position, e.kind, e.at, e.rule, e.actor, e.facts, :words,
       e.facts::text || e.actor LIKE '%________-____-____-____-____________%'
  FROM events AS e WHERE e.id = :id
"""
"""`names` says that facts or actor may name somebody or something by an id."""
_LINK: Final = (
    """
    CREATE FUNCTION pg_temp.linked_to(bytea, bytea) RETURNS bytea LANGUAGE plpgsql IMMUTABLE
        AS 'BEGIN RETURN sha256($1 || $2); END'
    """,
    f"""
    CREATE AGGREGATE pg_temp.chain(bytea)
        (SFUNC = pg_temp.linked_to, STYPE = bytea, INITCOND = '{chr(92)}x{"00" * 32}')
    """,
)
_BATCH: Final = """
CREATE TEMP TABLE batch ON COMMIT DROP AS SELECT * FROM copied WHERE number > :first AND number <= :last
"""
_CHAIN: Final = (
    """
    CREATE TEMP TABLE linked ON COMMIT DROP AS
    SELECT c.plan, c.old_plan, e.plan_seq, e.position, e.kind, e.at, e.rule,
           CASE WHEN e.names THEN {actor} ELSE e.actor END AS actor,
           CASE WHEN e.names THEN ({facts})::jsonb ELSE e.facts END AS facts,
           pg_temp.chain(convert_to({words}, 'UTF8')) OVER (PARTITION BY c.number ORDER BY e.position) AS link
      FROM batch AS c JOIN pattern_events AS e ON e.plan_id = c.old_plan
    """.format(  # noqa: S608 - our own columns
        words=moved("e.words"), facts=moved("e.facts::text"), actor=moved("e.actor")
    ),
    """
    CREATE TEMP TABLE ended ON COMMIT DROP AS
    SELECT l.plan, l.link FROM linked AS l JOIN plans AS o ON o.id = l.old_plan AND o.chain_position = l.position
    """,
    "CREATE INDEX ON ended (plan)",
)
_LINKS: Final = """
INSERT INTO events (plan_id, plan_seq, position, kind, at, rule, actor, facts, previous_hash, hash)
SELECT plan, plan_seq, position, kind, at, rule, actor, facts,
       coalesce(lag(link) OVER (PARTITION BY plan ORDER BY position), decode(repeat('00', 32), 'hex')), link
  FROM linked ORDER BY plan, position
"""


async def copy_plans(engine: AsyncEngine, copying: Copying) -> None:
    """Write the copies; nobody may look before it is done, as the plans come batch by batch."""
    if copying.copies < 1:
        return
    async with engine.begin() as connection:
        await _name_copies(connection, copying)
        for statement in (*CLINIC, "DROP TABLE copied"):
            await connection.execute(text(statement))
    batches = iter(range(0, copying.copies, _AT_ONCE))
    await asyncio.gather(*(_copy(engine, copying, batches) for _ in range(_SIDE_BY_SIDE)))
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text(_LOADING[0]))
        await connection.execute(text("VACUUM ANALYZE"))
        await connection.invalidate()


async def _copy(engine: AsyncEngine, copying: Copying, batches: Iterator[int]) -> None:
    """Copy batch after batch until none is left."""
    async with engine.connect() as connection:
        for statement in _LOADING:
            await connection.execute(text(statement))
        await _name_copies(connection, copying)
        await _link_patterns(connection, copying)
        await connection.commit()
        for first in batches:
            await _copy_batch(connection, first)
            await connection.commit()
        await connection.invalidate()  # with it go its temporary tables and its settings


async def _name_copies(connection: AsyncConnection, copying: Copying) -> None:
    """Every copy with its ids, in the order that any connection finds."""
    asked = {
        "patterns": list(copying.patterns),
        "copies": copying.copies,
        "closed": copying.closed,
        "sites": copying.sites,
    }
    await connection.execute(text(IDS), asked)


async def _link_patterns(connection: AsyncConnection, copying: Copying) -> None:
    """The patterns' events with the words that their hashes cover, and how a hash follows from the one before."""
    found = await connection.execute(select(events).where(events.c.plan_id.in_(copying.patterns)))
    told = [{"id": row.id, "words": _words(row)} for row in found]
    for statement in (_EVENTS, *_LINK):
        await connection.execute(text(statement))
    await connection.execute(text(_EVENT), told)


def _words(row: Row[Any]) -> str:
    """What the hash of this event covers."""
    told = {name: getattr(row, name) for name in PlanEvent.names()}
    return canonical(row.plan_id, row.plan_seq, row.position, PlanEvent.read(told))


async def _copy_batch(connection: AsyncConnection, first: int) -> None:
    await connection.execute(text(_BATCH), {"first": first, "last": first + _AT_ONCE})
    for statement in ("ANALYZE batch", *_CHAIN, *rows_of_copies(), _LINKS):
        await connection.execute(text(statement))
