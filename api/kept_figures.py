"""The clinic in numbers, counted once in a while: a count of every text is too much work for each look at a page."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from database.figures import Figures, figures

_KEPT_FOR: Final = timedelta(seconds=30)


class KeptFigures:
    """The last figures of one process, at most half a minute old."""

    def __init__(self) -> None:
        self._figures: Figures | None = None
        self._at: datetime | None = None
        self._turn = asyncio.Lock()

    async def look(self, engine: AsyncEngine, now: datetime) -> Figures:
        """The figures at `now`, or a little before."""
        async with self._turn:
            if self._figures is None or self._at is None or not timedelta() <= now - self._at < _KEPT_FOR:
                self._figures, self._at = await figures(engine, now), now
            return self._figures
