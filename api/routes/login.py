"""Log in and out: a cookie that names an opaque token, of which the database keeps only the hash."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Any, Final

from fastapi import APIRouter, Request
from pydantic import Field, ValidationError
from starlette.responses import RedirectResponse, Response

from api.answers import answer
from api.clinic import Clinic, TheClinic
from api.identity import COOKIE, TokenScope, Who
from api.passwords import password_matches
from api.problems import Problem, field_problems, invalid
from api.reading import json_body
from database.staff import credentials
from database.tokens import issue_token, revoke_token
from schemas.base import Strict

SESSION_LIFE: Final = timedelta(hours=12)
"""A working day: a log-in does not outlive the night."""

router = APIRouter(tags=["log-in"])


class LogIn(Strict):
    """An address and a password. `then` is where a form's log-in goes on to, within this site."""

    email: str = Field(min_length=3, max_length=254)
    password: str = Field(min_length=1, max_length=256)
    then: str = Field("/", pattern=r"^/([^/\\].*)?$")


@router.post("/login", summary="Log in")
async def log_in(request: Request, clinic: TheClinic) -> Response:
    """JSON or form `{email, password}`: sets the cookie; a form is then sent on, JSON gets who it is."""
    is_form = not request.headers.get("Content-Type", "").startswith("application/json")
    given = await _read(request, is_form)
    address = given.email.strip().lower()
    _refuse_guessing(clinic, request, address)
    found = await credentials(clinic.engine, address)
    if not await password_matches(given.password, found.password_hash if found else None) or found is None:
        request.app.state.log_in_limit.failed(address, clinic.real_now())
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "wrong_log_in",
            "The address or the password is not right. Ask the clinic manager if you cannot get in.",
        )
    request.app.state.log_in_limit.succeeded(address)
    now = clinic.real_now()
    token = await issue_token(
        clinic.engine, found.member.id, (TokenScope.console,), now=now, expires_at=now + SESSION_LIFE
    )
    response: Response = (
        RedirectResponse(given.then, HTTPStatus.SEE_OTHER)
        if is_form
        else answer(
            {"staff_id": found.member.id, "name": found.member.name, "roles": found.member.actor.roles}
        )
    )
    response.set_cookie(COOKIE, token, max_age=int(SESSION_LIFE.total_seconds()), **_cookie_terms(clinic))
    return response


@router.post("/logout", summary="Log out", status_code=HTTPStatus.NO_CONTENT)
async def log_out(request: Request, clinic: TheClinic, _who: Who) -> Response:
    """The log-in is worth nothing any more, also where its cookie was copied."""
    if token := request.cookies.get(COOKIE):
        await revoke_token(clinic.engine, token, clinic.real_now())
    response = Response(status_code=HTTPStatus.NO_CONTENT)
    response.delete_cookie(COOKIE, **_cookie_terms(clinic))
    return response


def _cookie_terms(clinic: Clinic) -> dict[str, Any]:
    return {"path": "/", "httponly": True, "samesite": "lax", "secure": clinic.secure_cookies}


async def _read(request: Request, is_form: bool) -> LogIn:
    body = dict(await request.form()) if is_form else await json_body(request)
    try:
        return LogIn.model_validate(body)
    except ValidationError as error:
        raise invalid(field_problems(error.errors(include_input=False))) from None


def _refuse_guessing(clinic: Clinic, request: Request, address: str) -> None:
    wait = request.app.state.log_in_limit.wait(address, clinic.real_now())
    if wait > timedelta():
        seconds = int(wait.total_seconds()) + 1
        raise Problem(
            HTTPStatus.TOO_MANY_REQUESTS,
            "too_many_tries",
            f"Too many wrong passwords for this address. Try again in {seconds // 60 + 1} minutes.",
            headers={"Retry-After": str(seconds)},
        )
