"""The outermost layer of every request: its id, its log line, its measure, and headers that protect."""

from __future__ import annotations

import re
from collections.abc import MutableMapping
from time import perf_counter
from typing import Any, Final

import structlog
from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from api import problems
from api.metrics import ApiMetrics
from api.remembered_body import RememberedBody
from schemas.names import new_id

REQUEST_ID: Final = "X-Request-Id"
_USABLE_ID: Final = re.compile(r"[A-Za-z0-9._-]{8,64}")

_HEADERS: Final = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'self'",
}
_HTTPS_ONLY: Final = "max-age=31536000; includeSubDomains"
_NOT_LOGGED: Final = frozenset({"/healthz", "/readyz", "/metrics"})

_log = structlog.get_logger(__name__)


class RequestEdge:
    """ASGI middleware. Nothing of the request's words, query or sender is logged."""

    def __init__(self, app: ASGIApp, metrics: ApiMetrics, *, https: bool) -> None:
        self._app = app
        self._metrics = metrics
        self._headers = {**_HEADERS, **({"Strict-Transport-Security": _HTTPS_ONLY} if https else {})}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Wrap one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        body = RememberedBody(receive)
        request = Request(scope, receive)
        request_id = _request_id(request)
        request.state.request_id = request_id
        structlog.contextvars.clear_contextvars()
        structlog.contextvars.bind_contextvars(request_id=request_id)
        begun = perf_counter()
        status: list[int] = []

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(int(message["status"]))
                self._mark(message, request_id)
            await send(message)

        try:
            await self._app(scope, body.receive, send_marked)
        except Exception:
            _log.exception("request failed", method=request.method, route=_route(scope))
            if status:  # half an answer has left; only the connection can say that it is broken
                raise
            answer = await problems.told(problems.broken(), Request(scope, body.again()))
            await answer(scope, receive, send_marked)
        finally:
            self._note(request, scope, status[-1] if status else 0, perf_counter() - begun)

    def _mark(self, message: Message, request_id: str) -> None:
        headers = MutableHeaders(scope=message)
        headers[REQUEST_ID] = request_id
        for name, value in self._headers.items():
            headers.setdefault(name, value)

    def _note(self, request: Request, scope: Scope, status: int, seconds: float) -> None:
        route = _route(scope)
        self._metrics.request_ended(request.method, route, status, seconds)
        if route not in _NOT_LOGGED:
            _log.info(
                "request", method=request.method, route=route, status=status, ms=round(seconds * 1000, 1)
            )


def _request_id(request: Request) -> str:
    """The caller's id where it is a plain one, so that its logs and ours meet; else a fresh one."""
    given = request.headers.get(REQUEST_ID, "")
    return given if _USABLE_ID.fullmatch(given) else new_id()


def _route(scope: MutableMapping[str, Any]) -> str:
    """The route's pattern, so that no id becomes a label; `unknown` for a path that no route takes."""
    route = scope.get("route")
    return str(getattr(route, "path", "unknown"))
