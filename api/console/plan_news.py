"""Word of changed plans for every open page of this process, over one listening connection."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Final

import psycopg
import structlog

_AGAIN_AFTER_SECONDS: Final = 1.0

_log = structlog.get_logger(__name__)


@dataclass(eq=False)
class Follower:
    """One open page: what changed since it last asked, each plan once however often it moved."""

    changed: dict[str, None] = field(default_factory=dict)
    missed: bool = False
    """The database was out of hearing meanwhile: anything may have changed."""
    stirred: asyncio.Event = field(default_factory=asyncio.Event)


class PlanNews:
    """Listens while anybody follows. `listen` is asked again whenever its connection has ended."""

    def __init__(self, listen: Callable[[], AsyncGenerator[str, None]]) -> None:
        self._listen = listen
        self._followers: set[Follower] = set()
        self._listening: asyncio.Task[None] | None = None
        self.closed = False

    def join(self) -> Follower:
        """Follow from now on; `leave` must come after."""
        follower = Follower()
        self._followers.add(follower)
        if self._listening is None or self._listening.done():
            self._listening = asyncio.create_task(self._run())
        return follower

    async def leave(self, follower: Follower) -> None:
        """Follow no longer; the last one out ends the listening."""
        self._followers.discard(follower)
        if not self._followers and self._listening is not None:
            listening, self._listening = self._listening, None
            listening.cancel()
            with suppress(asyncio.CancelledError):
                await listening

    def close(self) -> None:
        """The process stops: every page's stream ends, so that nothing waits for it."""
        self.closed = True
        for follower in self._followers:
            follower.stirred.set()

    async def _run(self) -> None:
        while True:
            changes = self._listen()
            try:
                async for plan_id in changes:
                    self._tell(plan_id)
            except psycopg.OperationalError as error:
                _log.warning("not listening for changed plans", reason=type(error).__name__)
            finally:
                await changes.aclose()
            await asyncio.sleep(_AGAIN_AFTER_SECONDS)
            self._tell(None)

    def _tell(self, plan_id: str | None) -> None:
        for follower in self._followers:
            if plan_id is None:
                follower.missed = True
            else:
                follower.changed[plan_id] = None
            follower.stirred.set()
