"""For tests of programs that text: a gateway, and a receiver of its webhooks, in threads of this process.

with receiving() as clinic, running_gateway(webhook=clinic.url("/inbound")) as gateway:
    client = twilio.rest.Client(gateway.account_sid, gateway.auth_token)
    client.api.base_url = gateway.url
"""

from __future__ import annotations

import json
import socket
import threading
import time
from base64 import b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any, Final
from urllib.parse import parse_qsl
from urllib.request import Request as HttpRequest
from urllib.request import urlopen

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from messaging.gateway.app import create_app
from messaging.gateway.settings import Credentials, GatewaySettings, new_credentials

_PATIENCE_SECONDS: Final = 10.0


@dataclass(frozen=True, slots=True)
class RunningGateway:
    """A gateway that answers at `url`."""

    url: str
    settings: GatewaySettings
    mail_port: int | None = None

    @property
    def account_sid(self) -> str:
        return self.settings.credentials.account_sid

    @property
    def auth_token(self) -> str:
        return self.settings.credentials.auth_token

    @property
    def number(self) -> str:
        return self.settings.number

    def text_in(self, phone: str, body: str, **more: Any) -> dict[str, Any]:
        """A client texts; the gateway's answer."""
        return self.ask("POST", f"/gateway/phones/{phone}/texts", {"body": body, **more})

    def texts(self, phone: str) -> list[dict[str, Any]]:
        """The conversation on a client's phone, newest last."""
        shown: list[dict[str, Any]] = self.ask("GET", f"/gateway/phones/{phone}")["texts"]
        return shown

    def fault(self, kind: str, **more: Any) -> dict[str, Any]:
        """Switch a fault on."""
        return self.ask("POST", "/gateway/faults", {"kind": kind, **more})

    def forget_texts(self) -> None:
        """Empty every phone and forget every opt-out."""
        self.ask("DELETE", "/gateway/messages")

    def ask(self, method: str, path: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
        """One call of the gateway's own JSON API, with the account's credentials."""
        account = b64encode(f"{self.account_sid}:{self.auth_token}".encode()).decode()
        request = HttpRequest(  # noqa: S310 - always http to this machine
            self.url + path,
            method=method,
            data=json.dumps(body).encode() if body is not None else None,
            headers={"Content-Type": "application/json", "Authorization": f"Basic {account}"},
        )
        with urlopen(request, timeout=_PATIENCE_SECONDS) as answer:  # noqa: S310
            given: dict[str, Any] = json.loads(answer.read() or b"{}")
        return given


@contextmanager
def running_gateway(
    *, credentials: Credentials | None = None, pace: timedelta = timedelta(0), **settings: Any
) -> Iterator[RunningGateway]:
    """A gateway on a free port of this machine, until the block ends."""
    built = GatewaySettings(credentials=credentials or new_credentials(), pace=pace, **settings)
    if built.mail_port == 0:
        with socket.create_server(("127.0.0.1", 0)) as free:
            built = replace(built, mail_port=free.getsockname()[1])
    with _serving(create_app(built)) as url:
        yield RunningGateway(url, built, built.mail_port)


@dataclass(frozen=True, slots=True)
class ReceivedPost:
    """One webhook as it came in."""

    path: str
    query: str
    fields: Sequence[tuple[str, str]]
    headers: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return dict(self.fields)[name]


@dataclass
class Receiver:
    """Keeps every webhook it is sent. `answers` are (status, body) pairs used up first; then `<Response/>`."""

    base_url: str = ""
    posts: list[ReceivedPost] = field(default_factory=list)
    answers: list[tuple[int, str]] = field(default_factory=list)
    _changed: threading.Condition = field(default_factory=threading.Condition)

    def url(self, path: str) -> str:
        return self.base_url + path

    def to(self, path: str, **fields: str) -> list[ReceivedPost]:
        """What came in at one path with these fields, oldest first."""
        wanted = set(fields.items())
        return [post for post in self.posts if post.path == path and wanted <= set(post.fields)]

    def wait_for(self, enough: Callable[[], bool]) -> None:
        """Block until `enough()`. Raises TimeoutError naming what came in instead."""
        with self._changed:
            if not self._changed.wait_for(enough, _PATIENCE_SECONDS):
                seen = ", ".join(
                    f"{post.path} {dict(post.fields).get('MessageStatus')}" for post in self.posts
                )
                raise TimeoutError(
                    f"Not enough webhooks within {_PATIENCE_SECONDS} s. Seen: {seen or 'none'}."
                )

    async def take(self, request: Request) -> Response:
        body = (await request.body()).decode()
        post = ReceivedPost(
            request.url.path,
            request.url.query,
            parse_qsl(body, keep_blank_values=True),
            dict(request.headers),
        )
        with self._changed:
            self.posts.append(post)
            status, answer = self.answers.pop(0) if self.answers else (200, "<Response/>")
            self._changed.notify_all()
        return Response(answer, status, media_type="text/xml")


@contextmanager
def receiving() -> Iterator[Receiver]:
    """A receiver of webhooks on a free port of this machine, until the block ends."""
    receiver = Receiver()
    app = Starlette(routes=[Route("/{path:path}", receiver.take, methods=["POST"])])
    with _serving(app) as url:
        receiver.base_url = url
        yield receiver


@contextmanager
def _serving(app: ASGIApp) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(
        uvicorn.Config(app, log_level="error", access_log=False, timeout_graceful_shutdown=1)
    )
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, daemon=True)
    thread.start()
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not server.started:
        if not thread.is_alive() or time.monotonic() > deadline:
            raise RuntimeError("The server did not start. Its reason is in the log above.")
        time.sleep(0.002)
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(_PATIENCE_SECONDS)
        listening.close()
