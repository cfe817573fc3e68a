"""`limber migrate` brings a database up to date, says what it did, and may be run again."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from sqlalchemy import make_url, text
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.embedded.errors import StackError
from cli.migrate import migrate
from database.engine import create_engine


@pytest.fixture
async def new_database(_pool: AsyncEngine, database_url: str) -> str:
    """The address of a database in which nothing has happened yet."""
    async with _pool.connect() as connection:
        outside = await connection.execution_options(isolation_level="AUTOCOMMIT")
        await outside.execute(text("DROP DATABASE IF EXISTS migrate"))
        await outside.execute(text("CREATE DATABASE migrate"))
    return make_url(database_url).set(database="migrate").render_as_string(hide_password=False)


async def run(**options: bool | float) -> None:
    await asyncio.to_thread(lambda: migrate(**{"demo_clinic": False, "wait": 5.0, **options}))  # type: ignore[arg-type]


async def test_a_second_run_finds_everything_in_place(
    new_database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", new_database)
    monkeypatch.setenv("LIMBER_DATA_DIR", str(tmp_path))
    monkeypatch.chdir(tmp_path)
    await run(demo_clinic=True)
    assert "schema empty → 00" in capsys.readouterr().err
    assert (tmp_path / "demo-logins.json").exists()
    await run(demo_clinic=True)
    said = capsys.readouterr().err
    assert "as before" in said
    assert "stored before" in said
    assert "a clinic is there" in said


async def test_a_database_that_does_not_answer_is_named_with_a_way_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", f"postgresql://limber@/limber?host={tmp_path}")
    with pytest.raises(StackError, match="check DATABASE_URL"):
        await run(wait=0.0)


async def test_a_database_from_a_newer_version_is_left_alone(
    new_database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DATABASE_URL", new_database)
    engine = create_engine(new_database)
    async with engine.begin() as connection:
        await connection.execute(text("CREATE TABLE alembic_version (version_num text PRIMARY KEY)"))
        await connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
    await engine.dispose()
    with pytest.raises(StackError, match="newer than this version"):
        await run()


async def test_without_an_address_it_says_what_to_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("DATABASE_URL", raising=False)
    with pytest.raises(StackError, match="DATABASE_URL is not set"):
        await run()
