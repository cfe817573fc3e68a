"""Log in and out with an address and a password."""

from __future__ import annotations

from http import HTTPStatus

import structlog
from fastapi import APIRouter, Request
from pydantic import Field, ValidationError
from starlette.responses import RedirectResponse, Response

from api.answers import answer
from api.clinic import Clinic, TheClinic
from api.console.kept_forms import KEPT, still_to_send
from api.identity import COOKIE, PASSWORD_PAGE, Who, refuse_other_sites
from api.log_in_limit import a_try, was_right
from api.log_ins import cookie_terms, log_in
from api.passwords import password_matches
from api.problems import Problem, field_problems, invalid
from api.reading import json_body
from database.staff import Credentials, credentials
from database.tokens import revoke_token
from schemas.base import Strict

router = APIRouter(tags=["log-in"])

_log = structlog.stdlib.get_logger(__name__)


class LogIn(Strict):
    """An address and a password. `then` is where a form's log-in goes on to, within this site."""

    email: str = Field(min_length=3, max_length=254)
    password: str = Field(min_length=1, max_length=256)
    then: str = Field("/", pattern=r"^/([^/\\].*)?$")


@router.post("/login", summary="Log in")
async def post_log_in(request: Request, clinic: TheClinic) -> Response:
    """JSON or form `{email, password}`: sets the cookie; a form is then sent on, JSON gets who it is."""
    refuse_other_sites(request)
    is_form = not request.headers.get("Content-Type", "").startswith("application/json")
    given = await _read(request, is_form)
    found = await _checked(request, clinic, given)
    response = await _onwards(request, found, given) if is_form else _told(found)
    await log_in(clinic, found.member, request, response, temporary=found.temporary)
    _log.info("logged in", staff_id=found.member.id)
    return response


@router.post("/logout", summary="Log out", status_code=HTTPStatus.NO_CONTENT)
async def log_out(request: Request, clinic: TheClinic, _who: Who) -> Response:
    """The log-in is worth nothing any more, also where its cookie was copied."""
    if token := request.cookies.get(COOKIE):
        await revoke_token(clinic.engine, token, clinic.real_now())
    response = Response(status_code=HTTPStatus.NO_CONTENT)
    response.delete_cookie(COOKIE, **cookie_terms(clinic))
    return response


async def _checked(request: Request, clinic: Clinic, given: LogIn) -> Credentials:
    noted = await a_try(clinic, request, given.email)
    found = await credentials(clinic.engine, given.email)
    if not await password_matches(given.password, found.password_hash if found else None) or found is None:
        raise Problem(
            HTTPStatus.UNAUTHORIZED,
            "wrong_log_in",
            "The address or the password is not right. Ask the clinic manager if you cannot get in.",
        )
    await was_right(clinic, noted, given.email)
    return found


async def _onwards(request: Request, found: Credentials, given: LogIn) -> Response:
    """The page somebody came for; what they had typed before, if a form of theirs found the log-in ended."""
    if found.temporary:
        return RedirectResponse(PASSWORD_PAGE, HTTPStatus.SEE_OTHER)
    return await still_to_send(request, given.then) or RedirectResponse(given.then, HTTPStatus.SEE_OTHER)


def _told(found: Credentials) -> Response:
    member = found.member
    return answer(
        {
            "staff_id": member.id,
            "name": member.name,
            "roles": member.actor.roles,
            "password_temporary": found.temporary,
        }
    )


async def _read(request: Request, is_form: bool) -> LogIn:
    if is_form:
        form = await request.form()
        body = {name: value for name, value in form.items() if not name.startswith(KEPT)}
    else:
        body = await json_body(request)
    try:
        return LogIn.model_validate(body)
    except ValidationError as error:
        raise invalid(field_problems(error.errors(include_input=False))) from None
