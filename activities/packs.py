"""Rule packs by their hash: parsed once a process, however many plans run on them."""

from __future__ import annotations

import asyncio

from sqlalchemy.ext.asyncio import AsyncEngine

from care.pack import builtin, parse
from database.rule_packs import pack_by_hash
from schemas.rules import RulePack


class PackShelf:
    """The packs in use."""

    def __init__(self, engine: AsyncEngine) -> None:
        self._engine = engine
        self._packs: dict[str, RulePack] = {}

    async def get(self, pack_hash: str) -> RulePack:
        """The pack with this content hash: the one that ships with the product, or one from the database.

        Raises NotFoundError for a hash that is not stored, PackError for a stored text that does not parse.
        """
        if pack_hash not in self._packs:
            self._packs[pack_hash] = await self._load(pack_hash)
        return self._packs[pack_hash]

    async def _load(self, pack_hash: str) -> RulePack:
        shipped = await asyncio.to_thread(builtin)
        if shipped.content_hash == pack_hash:
            return shipped
        stored = await pack_by_hash(self._engine, pack_hash)
        return await asyncio.to_thread(parse, stored.body, f"{stored.id} {stored.version}")
