"""`limber migrate`: the database at this version's schema, with the rule pack that ships with it."""

from __future__ import annotations

import asyncio
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer
from alembic.util import CommandError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from api.passwords import hash_password
from care.pack import builtin, builtin_text
from cli.embedded.errors import StackError
from database.demo_clinic import LOGINS_FILE, seed
from database.engine import create_engine
from database.migrate import upgrade
from database.rule_packs import StoredPack, keep_pack
from schemas.settings import load_settings

_PAUSE_SECONDS = 0.5


def migrate(
    demo_clinic: Annotated[
        bool, typer.Option("--demo-clinic", help="Fill an empty database with a demo clinic and its staff.")
    ] = False,
    wait: Annotated[float, typer.Option(help="Seconds to wait for a database that does not answer.")] = 30.0,
) -> None:
    """Bring the database to the current schema. Safe to run again, and from several machines at once."""
    settings = load_settings()
    if settings.database_url is None:
        raise StackError(
            "database",
            "DATABASE_URL is not set",
            "set it to `postgresql://user:password@host/limber`, or run `limber up`, which has its own",
        )
    asyncio.run(_migrate(settings.database_url, settings.data_dir if demo_clinic else None, wait))


async def _migrate(url: str, demo_data_dir: Path | None, wait: float) -> None:
    engine = create_engine(url, connections=1, application_name="limber migrate")
    now = datetime.now(UTC)
    try:
        await _await_database(engine, wait)
        before, after = await _upgrade(engine)
        _say(f"schema at {after}, as before" if before == after else f"schema {before or 'empty'} → {after}")
        pack = builtin()
        meta = pack.meta
        stored = StoredPack(pack.content_hash, meta.version, meta.id, meta.status, builtin_text())
        new = await keep_pack(engine, stored, now)
        _say(f"rule pack {meta.id} {meta.version} {'stored' if new else 'was stored before'}")
        if demo_data_dir is not None:
            seeded = await seed(engine, demo_data_dir, now=now, hash_password=hash_password)
            _say(
                f"demo clinic set up, log-ins in {demo_data_dir / LOGINS_FILE}"
                if seeded
                else "a clinic is there"
            )
    finally:
        await engine.dispose()


async def _upgrade(engine: AsyncEngine) -> tuple[str | None, str | None]:
    try:
        return await upgrade(engine)
    except CommandError as error:
        raise StackError(
            "database schema",
            f"{error}: the database is newer than this version of Limber",
            "run the version that migrated it last, or a newer one",
        ) from None


async def _await_database(engine: AsyncEngine, wait: float) -> None:
    deadline = time.monotonic() + wait
    while True:
        try:
            async with engine.connect():
                return
        except DBAPIError as error:
            if time.monotonic() > deadline:
                raise StackError(
                    "database",
                    f"it did not answer within {wait:.0f} s: {str(error.orig).strip()}",
                    "check DATABASE_URL and that the server runs; `limber doctor` looks at both",
                ) from None
        await asyncio.sleep(_PAUSE_SECONDS)


def _say(sentence: str) -> None:
    print(f"limber migrate: {sentence}", file=sys.stderr)
