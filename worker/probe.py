"""The worker's two questions from outside: is it healthy, and what does it count? Plain HTTP, one thread."""

from __future__ import annotations

import threading
import urllib.request
from collections.abc import Callable
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, generate_latest

_PATIENCE: Final = 2.0
_EVERYWHERE: Final = ""


class Probe:
    """Serves `/metrics` (ours and the SDK's) and `/healthz` (200 once `not_ready` gives no reason, else 503).

    Port 0 takes a free one. Raises OSError if the port is taken.
    """

    def __init__(
        self,
        port: int,
        registry: CollectorRegistry,
        not_ready: Callable[[], str | None],
        sdk_metrics_url: str | None = None,
    ) -> None:
        pages = {
            "/metrics": lambda: _metrics(registry, sdk_metrics_url),
            "/healthz": lambda: _health(not_ready()),
        }
        self._server = ThreadingHTTPServer((_EVERYWHERE, port), _handler(pages))
        self._server.daemon_threads = True
        self._thread = threading.Thread(
            target=self._server.serve_forever, args=(0.05,), name="probe", daemon=True
        )

    @property
    def port(self) -> int:
        """The port it listens on."""
        return int(self._server.server_address[1])

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    def stop(self) -> None:
        """Close the port."""
        self._server.shutdown()
        self._server.server_close()


_Page = Callable[[], tuple[HTTPStatus, str, bytes]]


def _handler(pages: dict[str, _Page]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            page = pages.get(self.path.partition("?")[0])
            status, kind, body = page() if page else (HTTPStatus.NOT_FOUND, "text/plain", b"not here\n")
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """A scrape every few seconds is not news."""

    return Handler


def _health(reason: str | None) -> tuple[HTTPStatus, str, bytes]:
    if reason:
        return HTTPStatus.SERVICE_UNAVAILABLE, "text/plain", f"not ready: {reason}\n".encode()
    return HTTPStatus.OK, "text/plain", b"ready\n"


def _metrics(registry: CollectorRegistry, sdk_metrics_url: str | None) -> tuple[HTTPStatus, str, bytes]:
    ours = generate_latest(registry)
    if sdk_metrics_url is None:
        return HTTPStatus.OK, CONTENT_TYPE_LATEST, ours
    try:
        with urllib.request.urlopen(sdk_metrics_url, timeout=_PATIENCE) as answer:  # noqa: S310 - our own loopback
            return HTTPStatus.OK, CONTENT_TYPE_LATEST, ours + answer.read()
    except OSError:  # the SDK's numbers are missing, ours need not be
        return HTTPStatus.OK, CONTENT_TYPE_LATEST, ours
