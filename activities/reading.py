"""What a client's text says, under the pack their plan is pinned to. The words stay in the database."""

from __future__ import annotations

from functools import partial

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.packs import PackShelf
from care.finding import finding
from care.replies import read
from database.inbound import note_reading, text_of
from schemas import names
from schemas.transition import ReplyFinding, ReplyQuestion


class ReplyReading:
    """Reads stored texts with the pure functions of `care`.

    `not_stopping` are words that the clinic had removed from the provider's stop words.
    """

    def __init__(
        self, engine: AsyncEngine, packs: PackShelf, not_stopping: frozenset[str] = frozenset()
    ) -> None:
        self._engine = engine
        self._packs = packs
        self._not_stopping = not_stopping

    @activity.defn(name=names.READ_REPLY)
    async def read_reply(self, asked: ReplyQuestion) -> ReplyFinding:
        """Read a text, note the reading beside it, and say which number alerts each open question raises."""
        pack = await self._packs.get(asked.pack_hash)
        words = (await text_of(self._engine, asked.inbound_id)).body
        found = finding(pack, words, asked, partial(read, pack, not_stopping=self._not_stopping))
        await note_reading(self._engine, asked.inbound_id, found.reading)
        return found
