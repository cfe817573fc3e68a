"""Rule packs as they were when a plan was pinned to them: a pack once used is never lost."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.errors import NotFoundError
from database.tables import rule_packs


@dataclass(frozen=True, slots=True)
class StoredPack:
    """A rule pack's text under its hash; `body` is the YAML the hash was taken of."""

    hash: str
    version: str
    id: str
    status: str
    body: str


async def keep_pack(engine: AsyncEngine, pack: StoredPack, now: datetime) -> bool:
    """Store a pack; False if the same one is there already."""
    async with engine.begin() as connection:
        stored = await connection.execute(
            insert(rule_packs)
            .values(
                hash=pack.hash,
                version=pack.version,
                id=pack.id,
                status=pack.status,
                loaded_at=now,
                body=pack.body,
            )
            .on_conflict_do_nothing(index_elements=[rule_packs.c.hash])
            .returning(rule_packs.c.hash)
        )
        return stored.one_or_none() is not None


async def pack_by_hash(engine: AsyncEngine, pack_hash: str) -> StoredPack:
    """The pack a plan is pinned to; raises NotFoundError."""
    columns = rule_packs.c
    query = select(columns.hash, columns.version, columns.id, columns.status, columns.body).where(
        columns.hash == pack_hash
    )
    async with one_by_one(engine) as connection:
        row = (await connection.execute(query)).one_or_none()
    if row is None:
        raise NotFoundError("rule pack", pack_hash)
    return StoredPack(**row._mapping)
