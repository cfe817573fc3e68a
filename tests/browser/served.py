"""An application on a free port of this machine, in this process."""

from __future__ import annotations

import socket
from asyncio import create_task
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import uvicorn
from fastapi import FastAPI

from api.serving import AppServer


def free_socket() -> tuple[socket.socket, str]:
    """A socket that listens, and the address of what will answer at it."""
    listening = socket.create_server(("127.0.0.1", 0))
    return listening, f"http://127.0.0.1:{listening.getsockname()[1]}"


@asynccontextmanager
async def served(app: FastAPI, listening: socket.socket) -> AsyncIterator[None]:
    """The application answers until the block ends."""
    server = AppServer(uvicorn.Config(app, log_level="error", access_log=False, lifespan="off"), app)
    serving = create_task(server.serve(sockets=[listening]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
