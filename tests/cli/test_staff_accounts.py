"""`limber staff`: how a new clinic gets its first administrator, without any demo account."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.passwords import password_matches
from cli.main import run
from database.demo_clinic import OPERATIONS
from database.staff import credentials
from database.tokens import open_tokens, token_holder

EMAIL = "kit@clinic.example"
NEW = ("staff", "add", EMAIL, "--name", "Kit Doyle", "--role", "admin", "--role", "clinic_manager")


@pytest.fixture(autouse=True)
def _database(clinic: ModuleType, database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands find the test's database as they find a deployment's."""
    monkeypatch.setenv("DATABASE_URL", database_url)


async def _limber(*words: str) -> int:
    return await asyncio.to_thread(run, words)


def _secret(capsys: pytest.CaptureFixture[str]) -> str:
    """What the command printed last; a service of an earlier test may still write its log to the same place."""
    return capsys.readouterr().out.splitlines()[-1].strip()


async def test_the_first_administrator_gets_a_password_to_be_changed(
    engine: AsyncEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await _limber(*NEW) == 0
    chosen = _secret(capsys)
    found = await credentials(engine, EMAIL.upper())
    assert found is not None and found.temporary
    assert sorted(found.member.actor.roles) == ["admin", "clinic_manager"]
    assert found.member.initials == "KD"
    assert await password_matches(chosen, found.password_hash)


async def test_an_address_that_is_taken_is_refused_with_the_way_out(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert await _limber(*NEW) == 0
    assert await _limber(*NEW) == 1
    assert "somebody has this e-mail address already" in capsys.readouterr().err


async def test_a_new_password_ends_every_log_in_and_token(
    engine: AsyncEngine, capsys: pytest.CaptureFixture[str]
) -> None:
    assert await _limber("staff", "token", OPERATIONS.email, "--label", "list", "--scope", "read") == 0
    token, now = _secret(capsys), datetime.now(UTC)
    holder = await token_holder(engine, token, now)
    assert holder is not None and holder.scopes == ("read",)
    assert await _limber("staff", "password", OPERATIONS.email) == 0
    assert await open_tokens(engine, OPERATIONS.id, now) == ()


async def test_everybody_is_listed_and_nobody_unknown_is_served(capsys: pytest.CaptureFixture[str]) -> None:
    assert await _limber("staff", "list") == 0
    assert OPERATIONS.name in capsys.readouterr().out
    assert await _limber("staff", "password", "nobody@clinic.example") == 1
    assert "nobody who works here has this address" in capsys.readouterr().err
