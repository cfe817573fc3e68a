"""Bring a database to the schema this version of the service needs."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Final

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from sqlalchemy import Connection
from sqlalchemy.ext.asyncio import AsyncEngine

_FOLDER = Path(__file__).parent / "migrations"

# Any number that is the same for every process: two that migrate at once take turns.
_TURN: Final = "SELECT pg_try_advisory_lock(hashtextextended('limber migrations', 0))"
_ASKED_AGAIN_AFTER: Final = 0.2
"""Seconds. Who waited inside a statement would be waited for by an index that is built beside the work."""


def alembic_config() -> Config:
    """Alembic's configuration, from the package's own files: it works from any folder."""
    config = Config()
    config.set_main_option("script_location", str(_FOLDER))
    config.set_main_option("path_separator", "os")
    return config


async def upgrade(engine: AsyncEngine) -> tuple[str | None, str | None]:
    """Apply every missing migration, each in a transaction of its own; returns the revision before and after.

    A migration may commit in between, to leave large tables to those who work on them; it can then be started again.
    """
    async with engine.connect() as connection:
        try:
            while not (await connection.exec_driver_sql(_TURN)).scalar_one():
                await connection.commit()
                await asyncio.sleep(_ASKED_AGAIN_AFTER)
            await connection.exec_driver_sql("SET statement_timeout = 0")
            # A table that someone works on is waited for only so long: whoever comes next waits behind us.
            await connection.exec_driver_sql("SET lock_timeout = '10s'")
            await connection.commit()
            return await connection.run_sync(_upgrade)
        finally:
            await connection.rollback()
            await connection.invalidate()  # with it go its turn and its settings


def _upgrade(connection: Connection) -> tuple[str | None, str | None]:
    config = alembic_config()
    config.attributes["connection"] = connection
    before = _revision(connection)
    command.upgrade(config, "head")
    return before, _revision(connection)


def _revision(connection: Connection) -> str | None:
    revision = MigrationContext.configure(connection).get_current_revision()
    connection.rollback()  # Alembic ends transactions itself, unless it is handed a connection that is in one
    return revision
