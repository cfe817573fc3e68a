"""The door's other way in: to the clinic's identity provider, and back."""

from __future__ import annotations

import secrets
from http import HTTPStatus
from typing import Annotated, Final

import structlog
from fastapi import APIRouter, Query, Request
from starlette.responses import RedirectResponse, Response

from api.clinic import Clinic, TheClinic
from api.console.problem_pages import sign_in_page
from api.log_ins import cookie_terms, log_in
from api.single_sign_on import BACK, Errand, NotVouchedFor, SingleSignOn
from database.log_ins_away import BACK_WITHIN, Away, come_back, send_away
from database.staff import credentials

router = APIRouter()

_COOKIE: Final = "limber_away"
_log = structlog.stdlib.get_logger(__name__)


@router.get("/login/oidc")
async def leave(
    request: Request,
    clinic: TheClinic,
    then: Annotated[str, Query(pattern=r"^/([^/\\].*)?$", max_length=2000)] = "/",
) -> Response:
    """To the provider, with an errand that only this browser can bring back."""
    provider: SingleSignOn | None = request.app.state.single_sign_on
    if provider is None:
        return _refused("Here one signs in with a password.")
    errand, now = Errand.new(), clinic.clock()
    try:
        address = await provider.address(errand, now)
    except NotVouchedFor as no:
        return _refused(str(no))
    await send_away(clinic.engine, errand.state, Away(errand.nonce, errand.verifier, then), now)
    response = RedirectResponse(address, HTTPStatus.SEE_OTHER)
    terms = cookie_terms(clinic) | {"path": "/login", "max_age": int(BACK_WITHIN.total_seconds())}
    response.set_cookie(_COOKIE, errand.state, **terms)
    return response


@router.get(BACK)
async def back(
    request: Request,
    clinic: TheClinic,
    state: Annotated[str, Query(max_length=200)] = "",
    code: Annotated[str, Query(max_length=4000)] = "",
) -> Response:
    """Back with a code: whoever the provider vouches for and the clinic knows is let in."""
    provider: SingleSignOn | None = request.app.state.single_sign_on
    own = request.cookies.get(_COOKIE, "")
    if provider is None or not own or not secrets.compare_digest(own.encode(), state.encode()):
        return _refused("This way in was not begun here, or not now. Sign in again.")
    try:
        return await _let_in(request, clinic, provider, state, code)
    except NotVouchedFor as no:
        _log.warning("single sign-on refused", reason=str(no))
        return _refused(str(no))


async def _let_in(
    request: Request, clinic: Clinic, provider: SingleSignOn, state: str, code: str
) -> Response:
    now = clinic.clock()
    away = await come_back(clinic.engine, state, now)
    if away is None:
        raise NotVouchedFor("That took too long, or was used already. Sign in again.")
    if not code:
        raise NotVouchedFor("The identity provider let nobody in. Sign in again, or with a password.")
    address = await provider.email(Errand(state, away.nonce, away.verifier), code, now)
    found = await credentials(clinic.engine, address)
    if found is None:
        raise NotVouchedFor(
            "The identity provider knows you, and this clinic has no account with your address. "
            "Ask the clinic manager."
        )
    response = RedirectResponse(away.goes_to, HTTPStatus.SEE_OTHER)
    response.delete_cookie(_COOKIE, **(cookie_terms(clinic) | {"path": "/login"}))
    await log_in(clinic, found.member, request, response)
    _log.info("logged in through the identity provider", staff_id=found.member.id)
    return response


def _refused(sentence: str) -> Response:
    return sign_in_page(problem={"detail": sentence}, status=HTTPStatus.FORBIDDEN)
