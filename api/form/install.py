"""The client's form as part of the application: how it says that a link opens nothing, and what else goes wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any, Final

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from api.clinic import clinic_of
from api.console.kept_forms import unsent
from api.form.last_site import LastSite, last_site
from api.form.pages import around, page
from api.form.visit import LinkClosed, NotYetKnownError
from messaging.form_link import FORM_PATH


def install(app: FastAPI) -> None:
    """Let the application say the form's way that a link opens nothing, and what else goes wrong there."""
    app.state.last_site = LastSite()

    @app.exception_handler(LinkClosed)
    async def closed(request: Request, answer: LinkClosed) -> Response:
        clinic = clinic_of(request)
        status = HTTPStatus.TOO_MANY_REQUESTS if answer.wait else HTTPStatus.NOT_FOUND
        shown = around(clinic.pack, await last_site(request).of(request)) | {"wait": bool(answer.wait)}
        response = page("closed.html", shown, status)
        if answer.wait:
            response.headers["Retry-After"] = str(int(answer.wait.total_seconds()) + 1)
        return response

    for kind, tell in list(app.exception_handlers.items()):
        app.exception_handlers[kind] = _dressed(tell)

    @app.exception_handler(NotYetKnownError)
    async def to_the_door(request: Request, _answer: NotYetKnownError) -> Response:
        token = request.path_params["token"]
        return RedirectResponse(f"{FORM_PATH}/{token}", HTTPStatus.SEE_OTHER)


def _dressed(tell: Any) -> Callable[[Request, Any], Awaitable[Response]]:
    """A failure at a form is told on a page of the form: the console's pages lead to the console."""

    async def told(request: Request, error: Any) -> Response:
        answer = tell(request, error)
        response: Response = await answer if isinstance(answer, Awaitable) else answer
        at_a_form = request.url.path == FORM_PATH or request.url.path.startswith(f"{FORM_PATH}/")
        if not at_a_form or isinstance(error, LinkClosed):
            return response
        status = HTTPStatus(response.status_code)
        shown = around(clinic_of(request).pack, await last_site(request).of(request))
        return page("trouble.html", shown | await _of_trouble(request, status), status)

    return told


async def _of_trouble(request: Request, status: HTTPStatus) -> dict[str, Any]:
    """What the page says: where to try again, with what was just written, and under which number we look for it."""
    ours = status >= HTTPStatus.INTERNAL_SERVER_ERROR
    return {
        "status": status,
        "again": await unsent(request) if ours else None,
        "here": request.url.path,
        "reference": str(getattr(request.state, "request_id", ""))[-_SAID_BY_TELEPHONE:],
    }


_SAID_BY_TELEPHONE: Final = 8
"""So much of a request's id finds its lines in the log, and can be read out."""
