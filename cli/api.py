"""`limber api`: serve the HTTP API, the webhooks and the console until asked to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
import socket
from types import FrameType
from typing import Final

from schemas.settings import Settings, SettingsError, load_settings

_GRACE_SECONDS: Final = 20
"""How long requests under way may still take at a stop; Twilio itself gives up after 15."""


def api() -> None:
    """Serve HTTP until SIGTERM or Ctrl-C; the environment says where (see the table of settings)."""
    import uvloop

    from worker.logging import configure_logging

    settings = load_settings()
    configure_logging(settings, "api")
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_serve(settings))


async def _serve(settings: Settings) -> None:
    import uvicorn

    from api.app import create_app
    from api.serving import AppServer
    from cli.running_clinic import running_clinic

    listening = _listen(settings)
    for asked in (signal.SIGTERM, signal.SIGINT):
        # Uvicorn hands the signal on when it has closed: by then there is nothing left to do.
        signal.signal(asked, _already_stopping)
    async with running_clinic(settings) as clinic:
        app = create_app(clinic)
        config = uvicorn.Config(
            app,
            http="httptools",
            log_config=None,
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=_GRACE_SECONDS,
        )
        gc.collect()
        gc.freeze()  # what is loaded now stays; looking through it would hold up a page by a third of a second
        await AppServer(config, app).serve(sockets=[listening])


def _already_stopping(_signal: int, _frame: FrameType | None) -> None:
    """Nothing: the server has stopped."""


def _listen(settings: Settings) -> socket.socket:
    host, port = settings.api_host, settings.api_port
    try:
        return socket.create_server((host, port))
    except OSError as error:
        raise SettingsError(
            f"LIMBER_API_HOST, LIMBER_API_PORT: {host}:{port} cannot be listened on ({error.strerror}); "
            "stop what listens there, or choose another port"
        ) from None
