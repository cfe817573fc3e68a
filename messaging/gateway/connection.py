"""The connection under a request, so that a fault can cut it the way a network does."""

from __future__ import annotations

import asyncio
from typing import Any, Final

from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

_SCOPE_KEY: Final = "limber.transport"


class ConnectionKept:
    """Outermost layer: remembers the transport behind the server's own `send`."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        server_cycle: Any = getattr(send, "__self__", None)
        scope[_SCOPE_KEY] = getattr(server_cycle, "transport", None)
        await self._app(scope, receive, send)


class DroppedConnection(Response):
    """No answer at all: the connection is reset. Under a server without a transport it answers 502."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport = scope.get(_SCOPE_KEY)
        if transport is None:
            await Response(status_code=502)(scope, receive, send)
            return
        transport.abort()
        await asyncio.sleep(0.01)  # lets the server notice, or it would log a missing answer
