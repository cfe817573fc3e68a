"""Rows as they are, for tests that look behind the queries."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine


async def fetch(engine: AsyncEngine, sql: str, **parameters: Any) -> list[Any]:
    async with engine.connect() as connection:
        return list((await connection.execute(text(sql), parameters)).all())


async def everything(engine: AsyncEngine) -> dict[str, list[Any]]:
    """Every row of every table, to show that nothing changed."""
    tables = await fetch(engine, "SELECT tablename FROM pg_tables WHERE schemaname = 'public' ORDER BY 1")
    return {one.tablename: await fetch(engine, f"SELECT * FROM {one.tablename} ORDER BY 1") for one in tables}
