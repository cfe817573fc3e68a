"""Looking for a text that may have gone out: the provider's own list, matched on number, words and time."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sqlalchemy.ext.asyncio import AsyncEngine

from database import outbox
from database.outbox import OutboxText
from messaging.channel import Channel
from messaging.numbers import E164


def real_now() -> datetime:
    """The real clock: the provider lists by it, whatever the plan's time is."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Patience:
    """How often to look, and when to stop. `give_up_after` is longer than any POST can take (20 s)."""

    look_again: timedelta = timedelta(seconds=5)
    give_up_after: timedelta = timedelta(seconds=45)


class Search:
    """Finds lost texts. A receipt that names our key is the outbox's business: it settles the row itself."""

    def __init__(
        self,
        engine: AsyncEngine,
        channel: Channel,
        patience: Patience,
        real_clock: Callable[[], datetime] = real_now,
    ) -> None:
        self._engine = engine
        self._channel = channel
        self._clock = real_clock
        self.patience = patience

    async def provider_id(self, text: OutboxText) -> str | None:
        """The provider's id of a claimed text, None if it has none. Raises ChannelUnavailable."""
        if text.claimed_at is None or text.to_number is None or text.body is None:
            return None
        taken = await outbox.provider_sids(self._engine, text.to_number)
        return await asyncio.to_thread(
            self._channel.find, E164(text.to_number), None, text.claimed_at, text.body, claimed=taken
        )

    def hopeless(self, text: OutboxText) -> bool:
        """Whether the provider would have listed it by now."""
        return text.claimed_at is None or self._clock() - text.claimed_at >= self.patience.give_up_after
