"""Who asks: a person with a log-in or token, or a process with the service token, and what each may do.

A process may act on behalf of a member of staff by `X-Limber-Staff`; without it, it is an administrator
that may book and read, and every clinical decision is refused by the plan's own guards (P1).
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from enum import StrEnum
from http import HTTPStatus
from typing import Annotated, Final
from urllib.parse import urlsplit

import structlog
from fastapi import Depends, Request
from fastapi.security import APIKeyCookie, HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials

from api.clinic import Clinic, TheClinic
from api.problems import Problem
from database import staff as staff_records
from database.errors import NotFoundError
from database.staff import StaffMember
from database.tokens import token_holder
from schemas.commands import Actor, Role

COOKIE: Final = "limber_session"
ON_BEHALF: Final = "X-Limber-Staff"
SERVICE_ACCOUNT: Final = Actor(id="service", roles=(Role.admin,))

_SAFE_METHODS: Final = frozenset({"GET", "HEAD", "OPTIONS"})
_OWN_SITE: Final = frozenset({"same-origin", "none"})


class TokenScope(StrEnum):
    """What a token may be used for: a program's reading or all its holder may do, or a person's log-in.

    A log-in by a password that somebody else chose is `new_password`: it opens the page to choose another, and
    the way out.
    """

    read = "read"
    api = "api"
    on_behalf = "on_behalf"
    console = "console"
    new_password = "new_password"  # noqa: S105 - the name of a scope


LOG_INS: Final = frozenset({TokenScope.console, TokenScope.new_password})
PASSWORD_PAGE: Final = "/account/password"  # noqa: S105 - an address
PASSWORD_TEMPORARY: Final = "password_temporary"  # noqa: S105 - a problem's code
_WITHOUT_OWN_PASSWORD: Final = frozenset({PASSWORD_PAGE, "/sign-out", "/logout"})


@dataclass(frozen=True)
class Identity:
    """The one who asks. `member` is None only for the service account; the token is what they came in with."""

    actor: Actor
    member: StaffMember | None = None
    token_id: str | None = None
    scopes: tuple[str, ...] = ()

    @property
    def author_id(self) -> str:
        """The member of staff under whose name words are kept; Problem 403 if there is none."""
        if self.member is None:
            raise Problem(
                HTTPStatus.FORBIDDEN,
                "staff_not_named",
                f"A note needs a named author. Send {ON_BEHALF}: <staff id or e-mail> with the request.",
            )
        return self.member.id

    @property
    def sites(self) -> frozenset[str] | None:
        """Where the member of staff works, whose plans are theirs to see; None for a process, which sees all."""
        return frozenset(self.member.roles) if self.member else None


_bearer = HTTPBearer(auto_error=False, description="An API token of a person or of the service.")
_cookie = APIKeyCookie(name=COOKIE, auto_error=False, description="A log-in from /login.")


async def identify(
    request: Request,
    clinic: TheClinic,
    bearer: Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)],
    cookie: Annotated[str | None, Depends(_cookie)],
) -> Identity:
    """The one who asks; Problem 401 without a valid token or log-in, 403 where they may not ask so."""
    if bearer is not None:
        identity = await _by_token(request, clinic, bearer.credentials)
    elif cookie:
        refuse_other_sites(request)
        identity = await _by_log_in(request, clinic, cookie)
    else:
        identity = None
    if identity is None:
        raise _unknown()
    structlog.contextvars.bind_contextvars(actor=identity.actor.id)
    return identity


Who = Annotated[Identity, Depends(identify)]


async def _by_token(request: Request, clinic: Clinic, token: str) -> Identity | None:
    on_behalf = request.headers.get(ON_BEHALF)
    if _is_service(clinic, token):
        return await _stand_in(clinic, on_behalf) if on_behalf else Identity(SERVICE_ACCOUNT)
    holder = await token_holder(clinic.engine, token, clinic.real_now())
    if holder is None or not LOG_INS.isdisjoint(holder.scopes):
        return None
    if request.method not in _SAFE_METHODS and TokenScope.read in holder.scopes:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "read_only",
            "This token only reads. Make one that may change things, on its holder's account page.",
        )
    if on_behalf is None:
        return _as_member(await staff_records.member(clinic.engine, holder.staff_id))
    if TokenScope.on_behalf not in holder.scopes:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "not_on_behalf",
            f"This token speaks for its holder only. Leave {ON_BEHALF} out, or use a token of that person.",
        )
    return await _stand_in(clinic, on_behalf)


def _is_service(clinic: Clinic, token: str) -> bool:
    kept = clinic.settings.api_token
    return kept is not None and secrets.compare_digest(kept.get_secret_value().encode(), token.encode())


async def _stand_in(clinic: Clinic, who: str) -> Identity:
    found = await find_member(clinic, who)
    if found is None:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "unknown_staff",
            f"{ON_BEHALF} names nobody who works here. Give the id or e-mail of a member of staff.",
        )
    return _as_member(found)


async def find_member(clinic: Clinic, who: str) -> StaffMember | None:
    """The active member of staff with this id or e-mail address."""
    if "@" in who:
        found = await staff_records.credentials(clinic.engine, who)
        return found.member if found else None
    try:
        member = await staff_records.member(clinic.engine, who)
    except NotFoundError:
        return None
    return member if member.active else None


async def _by_log_in(request: Request, clinic: Clinic, token: str) -> Identity | None:
    holder = await token_holder(clinic.engine, token, clinic.real_now())
    if holder is None or LOG_INS.isdisjoint(holder.scopes):
        return None
    if TokenScope.new_password in holder.scopes and request.url.path not in _WITHOUT_OWN_PASSWORD:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            PASSWORD_TEMPORARY,
            f"Somebody else chose your password. Choose one of your own first, at {PASSWORD_PAGE}.",
        )
    found = await staff_records.member(clinic.engine, holder.staff_id)
    return Identity(found.actor, found, holder.token_id, holder.scopes)


def _as_member(member: StaffMember) -> Identity:
    return Identity(member.actor, member)


def credential_of(request: Request) -> str:
    """The secret that whoever asks came in with, known only to their browser or program and to this request."""
    return request.headers.get("Authorization") or request.cookies[COOKIE]


def from_own_site(request: Request) -> bool:
    """Whether a page of ours, or no page at all, made this request (Sec-Fetch-Site, else Origin)."""
    fetched = request.headers.get("Sec-Fetch-Site")
    if fetched:
        return fetched in _OWN_SITE
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.url.netloc


def refuse_other_sites(request: Request) -> None:
    """A browser sends the cookie along with requests that other sites make; those change nothing here."""
    if request.method not in _SAFE_METHODS and not from_own_site(request):
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "other_site",
            "This request came from another web site. Open the console itself and try there.",
        )


def _unknown() -> Problem:
    return Problem(
        HTTPStatus.UNAUTHORIZED,
        "not_logged_in",
        "Log in at /login, or send Authorization: Bearer <api token>.",
        headers={"WWW-Authenticate": 'Bearer realm="limber"'},
    )
