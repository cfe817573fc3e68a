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
from api.console.kept_forms import KeptForm, is_ours, kept_in, typed_at, unsent
from api.console.rendering import html
from api.identity import PASSWORD_PAGE, PASSWORD_TEMPORARY

Handler = Callable[[Request, Any], Awaitable[Response]]

_FOR_PROGRAMS: Final = ("/api/", "/webhooks/", "/static/", "/openapi.json")
_SIGN_IN: Final = "/login"
_TYPED_IN_VAIN: Final = frozenset({"other_site", "not_your_role"})
"""Refused before the page of the form could answer: its words are shown, to be copied."""
_OUR_FAULT: Final = frozenset({"internal_error", "database_unavailable"})
"""Another try may do: a form's words are shown, and go out again at a press."""
_KEPT: Final = ("content-type", "content-length")

TITLES: Final = {
    HTTPStatus.FORBIDDEN: "This is not yours to do",
    HTTPStatus.NOT_FOUND: "There is nothing here",
    HTTPStatus.METHOD_NOT_ALLOWED: "There is no page here",
    HTTPStatus.CONFLICT: "The plan did not take this",
    HTTPStatus.UNPROCESSABLE_ENTITY: "Something needs correcting",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "That was too long",
    HTTPStatus.TOO_MANY_REQUESTS: "Please wait a little",
    HTTPStatus.INTERNAL_SERVER_ERROR: "Something went wrong on our side",
    HTTPStatus.SERVICE_UNAVAILABLE: "Not available for the moment",
}
_FOR_PEOPLE: Final = {
    HTTPStatus.INTERNAL_SERVER_ERROR: (
        "Whether your last step was taken is not certain: look before you do it again. "
        "If this comes back, tell the operator the number below."
    ),
    HTTPStatus.METHOD_NOT_ALLOWED: "This address only takes a form. Go back to the page that has it.",
}
"""What a person is told in other words than a program."""
_NO_SUCH_PAGE: Final = "There is no page at this address. It may be mistyped, or the link is an old one."


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
    status = HTTPStatus(response.status_code)
    problem = orjson.loads(bytes(response.body))
    problem["detail"] = _in_plain_words(request, status, problem)
    if request.url.path == _SIGN_IN and status is not HTTPStatus.INTERNAL_SERVER_ERROR:
        form = await request.form() if request.method == "POST" else {}
        then = str(form.get("then") or "/")
        page: Response = sign_in_page(
            then=then if is_ours(then) else "/",
            email=str(form.get("email") or ""),
            problem=problem,
            kept=await kept_in(request) if request.method == "POST" else None,
            other_way=request.app.state.single_sign_on is not None,
            status=status,
        )
    elif status is HTTPStatus.UNAUTHORIZED:
        return await _door(request)
    elif problem["code"] == PASSWORD_TEMPORARY:
        return RedirectResponse(PASSWORD_PAGE, HTTPStatus.SEE_OTHER)
    else:
        typed = await request.form() if problem["code"] in _TYPED_IN_VAIN else {}
        words = [(name, one) for name, one in typed.items() if isinstance(one, str) and one and name != "key"]
        shown = {
            "problem": problem,
            "title": _title(status),
            "typed": words,
            "back": typed_at(request),
            "again": await unsent(request) if problem["code"] in _OUR_FAULT else None,
            "here": _came_for(request),
        }
        page = html("problem.html", shown, status)
    kept = {name: value for name, value in response.headers.items() if name not in _KEPT}
    page.headers.update(kept)
    return page


def _in_plain_words(request: Request, status: HTTPStatus, problem: dict[str, Any]) -> str:
    if status is HTTPStatus.NOT_FOUND and "route" not in request.scope:
        return _NO_SUCH_PAGE
    return _FOR_PEOPLE.get(status, str(problem["detail"]))


def _title(status: HTTPStatus) -> str:
    return TITLES.get(status, status.phrase)


async def _door(request: Request) -> Response:
    """The way in, which leads back to the page; a form's words come along."""
    kept = await unsent(request)
    then = _came_for(request)
    if kept is None:
        return RedirectResponse(f"{_SIGN_IN}?{urlencode({'then': then})}", HTTPStatus.SEE_OTHER)
    other_way = request.app.state.single_sign_on is not None
    return sign_in_page(then=then, kept=kept, other_way=other_way, status=HTTPStatus.UNAUTHORIZED)


def _came_for(request: Request) -> str:
    """Where to go on to after signing in: the page that was asked for, or the one that holds the form."""
    if request.method != "GET":
        return typed_at(request)
    query = f"?{request.url.query}" if request.url.query else ""
    return f"{request.url.path}{query}"


def sign_in_page(
    *,
    then: str = "/",
    email: str = "",
    problem: dict[str, Any] | None = None,
    said: str | None = None,
    kept: KeptForm | None = None,
    other_way: bool = False,
    status: HTTPStatus = HTTPStatus.OK,
) -> Response:
    """The sign-in form; the address that was typed stays, the password does not.

    `other_way` shows the way through the identity provider, where the clinic has one.
    """
    shown = {
        "then": then,
        "email": email,
        "problem": problem,
        "said": said,
        "kept": kept,
        "other_way": other_way,
    }
    return html("sign_in.html", shown, status)
