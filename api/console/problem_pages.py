"""A person's browser gets a page where a program gets a problem document; what is said stays the same."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final
from urllib.parse import urlencode

import orjson
from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from api import problems
from api.console.rendering import html

Handler = Callable[[Request, Any], Awaitable[Response]]

_FOR_PROGRAMS: Final = ("/api/", "/webhooks/", "/static/", "/openapi.json")
_SIGN_IN: Final = "/login"
_KEPT: Final = ("content-type", "content-length")

TITLES: Final = {
    HTTPStatus.FORBIDDEN: "This is not yours to do",
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.CONFLICT: "The plan did not take this",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something needs correcting",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That was too long",
    HTTPStatus.TOO_MANY_REQUESTS: "Please wait a little",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not available for the moment",
}


def install(app: FastAPI) -> None:
    """Dress every failure that the app answers already; call it after `problems.install`."""
    handlers: dict[Any, Any] = app.exception_handlers
    for kind, tell in list(handlers.items()):
        handlers[kind] = _dressed(tell)


def _dressed(tell: Any) -> Handler:
    async def told(request: Request, error: Any) -> Response:
        answer = tell(request, error)
        response: Response = await answer if isinstance(answer, Awaitable) else answer
        if response.media_type != problems.MEDIA_TYPE or not _from_a_browser(request):
            return response
        return await _page(request, response)

    return told


def _from_a_browser(request: Request) -> bool:
    if request.url.path.startswith(_FOR_PROGRAMS):
        return False
    return "text/html" in request.headers.get("Accept", "")


async def _page(request: Request, response: Response) -> Response:
    problem = orjson.loads(bytes(response.body))
    status = HTTPStatus(response.status_code)
    if request.url.path == _SIGN_IN:
        form = await request.form() if request.method == "POST" else {}
        page: Response = sign_in_page(
            then=str(form.get("then") or "/"),
            email=str(form.get("email") or ""),
            problem=problem,
            status=status,
        )
    elif status is HTTPStatus.UNAUTHORIZED:
        return RedirectResponse(f"{_SIGN_IN}?{urlencode({'then': _came_for(request)})}", HTTPStatus.SEE_OTHER)
    else:
        page = html("problem.html", {"problem": problem, "title": _title(status)}, status)
    kept = {name: value for name, value in response.headers.items() if name not in _KEPT}
    page.headers.update(kept)
    return page


def _title(status: HTTPStatus) -> str:
    return TITLES.get(status, status.phrase)


def _came_for(request: Request) -> str:
    """Where to go on to after signing in: the page that was asked for, or home for what a form wanted."""
    if request.method != "GET":
        return "/"
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def sign_in_page(
    *,
    then: str = "/",
    email: str = "",
    problem: dict[str, Any] | None = None,
    said: str | None = None,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    """The sign-in form; the address that was typed stays, the password does not."""
    shown = {"then": then, "email": email, "problem": problem, "said": said}
    return html("sign_in.html", shown, status)
