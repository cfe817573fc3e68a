"""Work that may wait until the provider has its answer: begun at once, a little at a time, and never waited for.

What does not fit, or fails, is done by a sweep, and after a failure everything is for a few seconds. So a care-plan
engine that is away costs the next text nothing: each attempt to reach it takes up to seconds of waiting and several
milliseconds of work, and a webhook must be answered in milliseconds.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from datetime import timedelta
from typing import Any, Final

import structlog

_AT_ONCE: Final = 16
_REST: Final = timedelta(seconds=5)

_log = structlog.get_logger(__name__)


class Aftermath:
    """The work under way in one process."""

    def __init__(self, at_once: int = _AT_ONCE, rest: timedelta = _REST) -> None:
        self._at_once = at_once
        self._rest = rest.total_seconds()
        self._resting_until = 0.0
        self._under_way: set[asyncio.Task[None]] = set()

    def begin(self, work: Coroutine[Any, Any, None]) -> None:
        """Begin it, unless enough is under way or something has just failed: then the sweep does it."""
        if len(self._under_way) >= self._at_once or time.monotonic() < self._resting_until:
            work.close()
            return
        task = asyncio.create_task(self._done(work))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)

    async def ended(self) -> None:
        """Wait until nothing is under way."""
        while self._under_way:
            await asyncio.wait(self._under_way)

    async def _done(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except Exception as error:
            self._resting_until = time.monotonic() + self._rest
            _log.warning("left for the sweep", error=type(error).__name__)
