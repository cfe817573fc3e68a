"""Word of plans that changed, as server-sent events; a page that hears of one offers to look again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import suppress
from typing import Final

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from api.console.desk import TheDesk
from database.notices import plan_changes

router = APIRouter()

_PULSE_SECONDS: Final = 20.0
"""How often a line is sent where nothing changes, so that both sides notice a broken connection."""


@router.get("/live")
async def live(at: TheDesk) -> StreamingResponse:
    """The id of every plan that changes while the page is open."""
    url = at.clinic.engine.url.render_as_string(hide_password=False)
    return StreamingResponse(
        _lines(plan_changes(url)),
        media_type="text/event-stream",
        headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"},
    )


async def _lines(changes: AsyncGenerator[str, None]) -> AsyncGenerator[str, None]:
    """One event for each change; ends with the browser's connection, and with it the listening one."""
    following: asyncio.Future[str] | None = None
    try:
        yield "retry: 5000\n\n"
        while True:
            following = following or asyncio.ensure_future(anext(changes))
            done, _ = await asyncio.wait({following}, timeout=_PULSE_SECONDS)
            if not done:
                yield ": still here\n\n"
                continue
            plan_id, following = following.result(), None
            yield f"event: plan\ndata: {plan_id}\n\n"
    finally:
        if following is not None:
            following.cancel()
            with suppress(asyncio.CancelledError, StopAsyncIteration):
                await following
        await changes.aclose()
