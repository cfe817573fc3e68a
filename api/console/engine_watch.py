"""Whether the plans' engine answers, asked now and then: pages read without it, and say that it is away."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from schemas.refusals import Plans

LOOK_AGAIN: Final = timedelta(seconds=10)
"""How long an answer counts: of all the pages in ten seconds, one asks."""


@dataclass
class EngineWatch:
    """The engine's last answer."""

    looked_at: datetime | None = None
    answers: bool = True

    async def look(self, plans: Plans, now: datetime) -> bool:
        """Whether the engine answers, as of at most `LOOK_AGAIN` ago."""
        if self.looked_at is None or abs(now - self.looked_at) >= LOOK_AGAIN:
            self.looked_at = now
            self.answers = await plans.answers()
        return self.answers
