"""Chores beside the plans, each every few seconds, in every worker: whoever comes first does the work."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta

import structlog

from worker.metrics import Metrics

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True)
class Chore:
    """A piece of work that may be done twice without harm, and how often to look whether it is due."""

    name: str
    every: timedelta
    do: Callable[[], Awaitable[None]]


async def keep_house(chores: Sequence[Chore], metrics: Metrics, stop: asyncio.Event) -> None:
    """Do every chore in its own rhythm until `stop` is set; a chore that fails is tried again next time."""
    async with asyncio.TaskGroup() as group:
        for chore in chores:
            group.create_task(_repeat(chore, metrics, stop), name=f"chore {chore.name}")


async def _repeat(chore: Chore, metrics: Metrics, stop: asyncio.Event) -> None:
    while not stop.is_set():
        try:
            await chore.do()
        except Exception:
            _log.warning("chore failed, will be tried again", chore=chore.name, exc_info=True)
            metrics.chore_ended(chore.name, "failed")
        else:
            metrics.chore_ended(chore.name, "done")
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), chore.every.total_seconds())
