"""The HTTP server of one application, which stops as soon as it is asked to."""

from __future__ import annotations

import socket

import uvicorn
from fastapi import FastAPI


class AppServer(uvicorn.Server):
    """Ends the open pages' streams before it stops: each would keep it waiting for all of its grace."""

    def __init__(self, config: uvicorn.Config, app: FastAPI) -> None:
        super().__init__(config)
        self._app = app

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Take no more requests, and let those under way end."""
        self._app.state.plan_news.close()
        await super().shutdown(sockets)
