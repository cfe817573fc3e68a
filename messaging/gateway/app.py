"""The gateway as one ASGI application."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final
from urllib.parse import urlsplit

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Receive, Scope, Send

from messaging.gateway import phone_api, phone_pages, rest
from messaging.gateway.connection import ConnectionKept
from messaging.gateway.courier import Courier
from messaging.gateway.errors import TwilioError
from messaging.gateway.faults import Faults
from messaging.gateway.mail_server import MailServer
from messaging.gateway.message import API_VERSION
from messaging.gateway.parts import Parts
from messaging.gateway.settings import GatewaySettings
from messaging.gateway.state import State

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_CODES: Final = {404: 20404, 405: 20004}
"""What Twilio calls an HTTP error that no code of its own explains."""
_OWN_PAGES: Final = frozenset({"same-origin", "none"})


def create_app(settings: GatewaySettings) -> ASGIApp:
    """The application; its delivery starts and stops with the server's lifespan."""

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        state, faults = State(settings.state), Faults(settings.faults)
        state.keep_credentials(settings.credentials)
        courier = Courier(settings, state, faults)
        app.state.parts = Parts(settings, state, faults, courier)
        await courier.start()
        mail = MailServer(state, settings.mail_host, settings.mail_port or 0)
        if settings.mail_port is not None:
            await mail.start()
        try:
            yield
        finally:
            await mail.stop()
            await courier.stop()
            state.close()

    app = Starlette(
        routes=[*rest.ROUTES, *phone_api.ROUTES, *phone_pages.ROUTES],
        middleware=[Middleware(_OwnPagesOnly)],
        exception_handlers={TwilioError: _twilio_error, HTTPException: _http_error},
        lifespan=lifespan,
    )
    return ConnectionKept(app)


class _OwnPagesOnly:
    """Refuses changes that a foreign web page asks a visitor's browser to make. Programs are not browsers."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["method"] not in _SAFE_METHODS and _is_foreign(Request(scope)):
            refusal = PlainTextResponse("Another site's page may not use this gateway.", status_code=403)
            await refusal(scope, receive, send)
            return
        await self._app(scope, receive, send)


def _is_foreign(request: Request) -> bool:
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in _OWN_PAGES
    origin = request.headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != request.headers.get("host")


async def _twilio_error(_request: Request, error: Exception) -> Response:
    if not isinstance(error, TwilioError):  # the registration above sends nothing else here
        raise error
    return rest.error_response(error)


async def _http_error(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    if request.url.path.startswith(f"/{API_VERSION}/"):
        code = _CODES.get(error.status_code, 20001)
        return rest.error_response(TwilioError(code, request.url.path))
    if "text/html" in request.headers.get("accept", ""):
        return phone_pages.error_page(request, error.status_code, str(error.detail))
    return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)
