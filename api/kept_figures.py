"""The clinic in numbers, counted once in a while: counting every text is too much work for each look at a page."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from database.figures import Figures, figures
from database.texting_health import TextingHealth, texting_health

_KEPT_FOR: Final = timedelta(seconds=30)


@dataclass(frozen=True)
class Counted:
    """What was counted at a moment."""

    at: datetime
    figures: Figures
    texting: TextingHealth


class KeptFigures:
    """The last count of one process, at most half a minute old by the clinic's clock."""

    def __init__(self) -> None:
        self._last: Counted | None = None
        self._turn = asyncio.Lock()

    async def look(self, engine: AsyncEngine, now: datetime) -> Counted:
        """The figures at `now`, or a little before."""
        async with self._turn:
            if self._last is None or not timedelta() <= now - self._last.at < _KEPT_FOR:
                self._last = Counted(now, await figures(engine, now), await texting_health(engine, now))
            return self._last
