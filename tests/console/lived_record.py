"""A plan that has run for weeks, played once: later tests get the same rows and the same memory back."""

from __future__ import annotations

import io
import pickle
from dataclasses import dataclass
from typing import Any, Final

from psycopg import AsyncConnection, sql
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncConnection as Transaction
from sqlalchemy.ext.asyncio import AsyncEngine

from care.pack import builtin
from database.tables import metadata
from schemas.rules import RulePack
from tests.console.staged_clinic import StagedPlan

_TABLES: Final = tuple(sorted(metadata.tables))


@dataclass(frozen=True)
class LivedRecord:
    """What one plan's life left behind: rows by table, as COPY writes them, and the plan itself."""

    plan_id: str
    rows: dict[str, bytes]
    staged: bytes

    def memory(self) -> StagedPlan:
        """The plan as it was when its life was kept; a new copy each time."""
        plan: StagedPlan = _Reading(io.BytesIO(self.staged)).load()
        return plan


async def empty_tables(engine: AsyncEngine) -> frozenset[str]:
    """The tables in which nothing is yet."""
    async with engine.connect() as connection:
        found = [name for name in _TABLES if not await _has_rows(connection, name)]
    return frozenset(found)


async def keep(engine: AsyncEngine, staged: StagedPlan, tables: frozenset[str]) -> LivedRecord:
    """Remember what is in these tables now, and this plan."""
    written = io.BytesIO()
    _Writing(written).dump(staged)
    async with engine.connect() as connection:
        rows = {name: await _read(connection, name) for name in tables if await _has_rows(connection, name)}
    return LivedRecord(staged.state.plan_id, rows, written.getvalue())


async def put_back(engine: AsyncEngine, kept: LivedRecord) -> None:
    """Fill the tables as they were. Triggers and keys held when the rows were first written."""
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        driver = await _driver(connection)
        async with driver.cursor() as cursor:
            for name, content in kept.rows.items():
                async with cursor.copy(sql.SQL("COPY {} FROM STDIN").format(sql.Identifier(name))) as into:
                    await into.write(content)


async def _has_rows(connection: Transaction, name: str) -> bool:
    table = metadata.tables[name]
    return (await connection.execute(table.select().limit(1))).first() is not None


async def _read(connection: Transaction, name: str) -> bytes:
    driver = await _driver(connection)
    statement = sql.SQL("COPY {} TO STDOUT").format(sql.Identifier(name))
    async with driver.cursor() as cursor, cursor.copy(statement) as out:
        return b"".join([bytes(part) async for part in out])


async def _driver(connection: Transaction) -> AsyncConnection[Any]:
    raw = await connection.get_raw_connection()
    driver: AsyncConnection[Any] = raw.driver_connection  # type: ignore[assignment]
    return driver


class _Writing(pickle.Pickler):
    """The rule pack is large, the same for everybody, and never changes: it is not copied."""

    def persistent_id(self, one: object) -> str | None:
        return "pack" if isinstance(one, RulePack) else None


class _Reading(pickle.Unpickler):
    def persistent_load(self, _name: object) -> RulePack:
        return builtin()
