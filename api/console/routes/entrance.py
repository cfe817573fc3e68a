"""The door: signing in and out, and where one lands."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.clinic import TheClinic
from api.console.flash import Done, said
from api.console.problem_pages import sign_in_page
from api.identity import COOKIE, Who
from api.routes.login import log_out

router = APIRouter()


@router.get("/")
async def home(request: Request) -> Response:
    """Needs attention for those who are signed in; whether the log-in still counts, the page asks itself."""
    there = "/attention" if COOKIE in request.cookies else "/login"
    return RedirectResponse(there, HTTPStatus.SEE_OTHER)


@router.get("/login")
async def sign_in(
    request: Request,
    then: Annotated[str, Query(pattern=r"^/([^/\\].*)?$")] = "/",
    told: Annotated[str | None, Query(alias="said")] = None,
) -> Response:
    """The form whose POST is the API's own log-in."""
    other_way = request.app.state.single_sign_on is not None
    return sign_in_page(then=then, said=said(told), other_way=other_way)


@router.post("/sign-out")
async def sign_out(request: Request, clinic: TheClinic, who: Who) -> Response:
    """Log out as the API does, and show the door."""
    ended = await log_out(request, clinic, who)
    response = RedirectResponse(f"/login?said={Done.signed_out}", HTTPStatus.SEE_OTHER)
    response.headers["set-cookie"] = ended.headers["set-cookie"]
    response.headers["Clear-Site-Data"] = '"cache"'  # the back button shows the door, not the last page
    return response
