"""The demo clock behind the console's control (`api.demo_time.DemoTime`): one journey at a time."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

import structlog

from api.demo_time import Journey, Stride
from cli.playing.script import ALL_GOES_WELL, AlertWork, Script
from cli.playing.together import MovedClinic, Together
from schemas.protocol import ApprovalKind

_LENGTHS: Final = {
    Stride.hour: timedelta(hours=1),
    Stride.day: timedelta(days=1),
    Stride.week: timedelta(weeks=1),
}
_FURTHEST: Final = timedelta(weeks=1)
"""How far the search for the next event goes."""

STAFF_WORK: Final = replace(ALL_GOES_WELL, goes_on_waiting=True)
VISITOR_DECIDES: Final = replace(STAFF_WORK, undecided=frozenset(ApprovalKind), alerts=AlertWork.left)

_BUSY: Final = "Time is moving already: the demo's clients are still arriving. Try again in a minute."

_log = structlog.get_logger(__name__)


class VisitorTime:
    """Moves time when a visitor asks for it."""

    def __init__(self, clinic: MovedClinic) -> None:
        self._clinic = clinic
        self._journey: Journey | None = None
        self._task: asyncio.Task[None] | None = None

    def begin(self, stride: Stride, *, staff_decide: bool) -> None:
        """Set out, unless a journey is under way."""
        if self._task is not None and not self._task.done():
            return
        now = self._clinic.clock.now()
        self._journey = Journey(now, now + _LENGTHS[stride] if stride in _LENGTHS else None, now)
        self._task = asyncio.create_task(
            self._go(self._journey, STAFF_WORK if staff_decide else VISITOR_DECIDES)
        )

    async def arrived(self, within: timedelta) -> bool:
        """Wait for the journey's end for so long; whether it has ended."""
        if self._task is None:
            return True
        done, _ = await asyncio.wait([self._task], timeout=within.total_seconds())
        return bool(done)

    @property
    def journey(self) -> Journey | None:
        """The journey under way, or the last one."""
        return self._journey

    @property
    def under_way(self) -> bool:
        """Whether time is moving now, by us or by another process."""
        return self._clinic.clock.moving

    async def stop(self) -> None:
        """Give up the journey under way; whatever has come due has happened."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait([self._task])

    async def _go(self, journey: Journey, script: Script) -> None:
        together = Together(self._clinic, lambda _plan_id: script)
        fault: str | None = None
        try:
            with self._clinic.clock.held() as ours:
                fault = await self._travel(together, journey) if ours else _BUSY
        except Exception as error:  # whatever it was, the visitor must be told that time stands still
            _log.exception("the demo's time stopped")
            fault = (
                f"Something went wrong while time passed ({type(error).__name__}); the log of the API has it."
            )
        finally:
            await together.close()
            self._journey = replace(self._journey or journey, over=True, fault=fault)

    async def _travel(self, together: Together, journey: Journey) -> str | None:
        target = journey.target
        if target is None:
            first = await together.first_moment()
            latest = journey.began_at + _FURTHEST
            target = (
                min(max(first, journey.began_at), latest)
                if first
                else journey.began_at + _LENGTHS[Stride.day]
            )
            self._journey = replace(journey, target=target)
        await together.pass_to(target, self._reached)
        for refusal in together.refusals:
            _log.info("a deed of the demo's people was refused", refusal=refusal)
        return f"Time has passed, but not for everybody: {together.stuck[0]}" if together.stuck else None

    def _reached(self, moment: datetime) -> None:
        if self._journey is not None:
            self._journey = replace(self._journey, reached=moment)
