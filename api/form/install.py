"""The client's form as part of the application: how it says that a link opens nothing, and what else goes wrong."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from http import HTTPStatus
from typing import Any

from fastapi import FastAPI, Request
from starlette.responses import RedirectResponse, Response

from api.clinic import clinic_of
from api.form.pages import around, page
from api.form.visit import LinkClosed, NotYetKnownError
from database.sites import all_sites
from messaging.form_link import FORM_PATH


def install(app: FastAPI) -> None:
    """Let the application say the form's way that a link opens nothing, and what else goes wrong there."""

    @app.exception_handler(LinkClosed)
    async def closed(request: Request, answer: LinkClosed) -> Response:
        clinic = clinic_of(request)
        sites = await all_sites(clinic.engine)
        status = HTTPStatus.TOO_MANY_REQUESTS if answer.wait else HTTPStatus.NOT_FOUND
        shown = around(clinic.pack, sites[0] if sites else None) | {"wait": bool(answer.wait)}
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
        clinic = clinic_of(request)
        sites = await all_sites(clinic.engine)
        status = HTTPStatus(response.status_code)
        shown = around(clinic.pack, sites[0] if sites else None) | {"status": status}
        return page("trouble.html", shown, status)

    return told
