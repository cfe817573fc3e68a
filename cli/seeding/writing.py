"""Many plans straight into the database: patterns first, then copies of them."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from care.pack import builtin, builtin_text
from cli.seeding.patterns import PATTERNS, Patterns
from database import demo_clinic
from database.copying import Copying, copy_plans
from database.rule_packs import StoredPack, keep_pack
from database.tables import sites

_CLOSED_EACH: Final = 13
"""How often a closed pattern is copied in a round: four in five plans are over."""
_PER_SITE: Final = 400


async def write_plans(engine: AsyncEngine, wanted: int, now: datetime, patterns: int = PATTERNS) -> timedelta:
    """Write so many plans as they may look at `now`, into a migrated database; how long it took.

    A database without a site gets the demo clinic. Each of the `patterns` is a life of its own.
    """
    began = time.monotonic()
    await _clinic(engine, now)
    lives = await Patterns(engine, now).record(min(wanted, patterns))
    sites_wanted = max(1, wanted // _PER_SITE)
    await copy_plans(engine, Copying(lives, wanted - len(lives), _CLOSED_EACH, sites_wanted))
    return timedelta(seconds=time.monotonic() - began)


async def _clinic(engine: AsyncEngine, now: datetime) -> None:
    pack = builtin()
    stored = StoredPack(pack.content_hash, pack.meta.version, pack.meta.id, pack.meta.status, builtin_text())
    await keep_pack(engine, stored, now)
    async with engine.begin() as connection:
        if (await connection.execute(select(sites.c.id).limit(1))).first() is None:
            await demo_clinic.insert_clinic(connection, {}, now)
