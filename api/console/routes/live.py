"""Word of plans that changed, as server-sent events; a page that hears of one looks again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from datetime import timedelta
from time import monotonic
from typing import Final

from fastapi import APIRouter, Request
from starlette.responses import StreamingResponse

from api.console.plan_news import Follower, PlanNews

router = APIRouter()

_PULSE: Final = timedelta(seconds=20)
"""How often a line is sent where nothing changes, so that both sides notice a broken connection."""

_LONGEST: Final = timedelta(minutes=10)
"""Then the browser comes again by itself, and whether it may is looked at anew: a log-in can have ended."""


@router.get("/live")
async def live(request: Request) -> StreamingResponse:
    """The id of every plan that changes while the page is open."""
    return StreamingResponse(
        _lines(request.app.state.plan_news),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _lines(news: PlanNews) -> AsyncGenerator[str, None]:
    """One event for each change; ends with the browser's connection, and then follows no longer."""
    follower = news.join()
    try:
        yield "retry: 1000\n\n"
        until = monotonic() + _LONGEST.total_seconds()
        while not news.closed and monotonic() < until:
            yield await _next(follower)
    finally:
        await news.leave(follower)


async def _next(follower: Follower) -> str:
    try:
        async with asyncio.timeout(_PULSE.total_seconds()):
            await follower.stirred.wait()
    except TimeoutError:
        return ": still here\n\n"
    follower.stirred.clear()
    changed, follower.changed = follower.changed, {}
    missed, follower.missed = follower.missed, False
    lines = [f"event: plan\ndata: {plan_id}\n\n" for plan_id in changed]
    return "".join([*lines, "event: missed\ndata:\n\n"] if missed else lines)
