"""The migrations arrive at exactly the tables the queries are written against, and lead back."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from database import demo_clinic, outbox
from database.engine import create_engine
from database.migrate import alembic_config, upgrade
from database.tables import metadata
from tests.database.plan_building import NOW, a_text, plan_in
from tests.database.reading_rows import fetch

HEAD = ScriptDirectory.from_config(alembic_config()).get_current_head()


@pytest.fixture
async def empty_database(_pool: AsyncEngine, database_url: str) -> AsyncIterator[AsyncEngine]:
    """A database of its own in which nothing has happened yet."""
    async with _pool.connect() as connection:
        outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await outside.execute(text("DROP DATABASE IF EXISTS migrations"))
        await outside.execute(text("CREATE DATABASE migrations"))
    engine = create_engine(make_url(database_url).set(database="migrations"))
    yield engine
    await engine.dispose()


def differences(connection: Connection) -> list[Any]:
    context = MigrationContext.configure(connection, opts={"compare_server_default": True})
    return list(compare_metadata(context, metadata))


def down_to(connection: Connection, revision: str) -> None:
    config = alembic_config()
    config.attributes["connection"] = connection
    command.downgrade(config, revision)


async def test_the_migrations_make_the_tables_the_queries_expect(empty_database: AsyncEngine) -> None:
    assert await upgrade(empty_database) == (None, HEAD)
    async with empty_database.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_migrating_again_changes_nothing(empty_database: AsyncEngine) -> None:
    await upgrade(empty_database)
    assert await upgrade(empty_database) == (HEAD, HEAD)


async def test_machines_that_migrate_at_once_take_turns(empty_database: AsyncEngine) -> None:
    done = await asyncio.gather(*(upgrade(empty_database) for _ in range(3)))
    assert sorted(done, key=str) == [(HEAD, HEAD), (HEAD, HEAD), (None, HEAD)]


async def test_every_migration_leads_back(empty_database: AsyncEngine) -> None:
    await upgrade(empty_database)
    async with empty_database.begin() as connection:
        await connection.run_sync(down_to, "base")
        left = await connection.execute(
            text(
                "SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'"
            )
        )
        assert left.all() == []
    assert await upgrade(empty_database) == (None, HEAD)


async def test_texts_that_were_there_before_a_site_was_asked_for_learn_theirs(
    empty_database: AsyncEngine,
) -> None:
    await upgrade(empty_database)
    async with empty_database.begin() as connection:
        await demo_clinic.insert_clinic(connection, {}, NOW)
    plan = await plan_in(empty_database)
    await outbox.put(empty_database, a_text(plan, "before"), NOW)
    async with empty_database.begin() as connection:
        await connection.run_sync(down_to, "0011")
    await upgrade(empty_database)
    await outbox.put(empty_database, a_text(plan, "after"), NOW)
    found = await fetch(empty_database, "SELECT key, site_id FROM messages ORDER BY key")
    assert [tuple(row) for row in found] == [
        (f"{plan.plan_id}:after", demo_clinic.SITE_ID),
        (f"{plan.plan_id}:before", demo_clinic.SITE_ID),
    ]


def test_the_history_has_one_head() -> None:
    assert len(ScriptDirectory.from_config(alembic_config()).get_heads()) == 1


async def test_the_calendars_exclusions_are_those_the_tables_declare(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        rows = await connection.execute(
            text(
                "SELECT conname, condeferrable, condeferred FROM pg_constraint WHERE contype = 'x' ORDER BY 1"
            )
        )
    assert [tuple(row) for row in rows] == [
        ("ex_sessions_room", True, False),
        ("ex_sessions_therapist", True, False),
    ]
