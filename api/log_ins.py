"""A log-in: an opaque token in a cookie, of which the database keeps only the hash."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Final

from fastapi import Request
from starlette.responses import Response

from api.clinic import Clinic
from api.identity import COOKIE, TokenScope
from database.staff import StaffMember
from database.tokens import issue_token

SESSION_LIFE: Final = timedelta(hours=12)
"""A working day: a log-in does not outlive the night."""

_BROWSERS: Final = (("Edg/", "Edge"), ("Firefox/", "Firefox"), ("Chrome/", "Chrome"), ("Safari/", "Safari"))
_MACHINES: Final = (
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Android", "Android"),
    ("Windows", "Windows"),
    ("Mac OS X", "Mac"),
    ("Linux", "Linux"),
)


async def log_in(
    clinic: Clinic, member: StaffMember, request: Request, response: Response, *, temporary: bool = False
) -> None:
    """Let somebody in who has shown who they are: the response sets the cookie.

    After a `temporary` password the log-in only opens the page where they choose another.
    """
    now = clinic.real_now()
    scope = TokenScope.new_password if temporary else TokenScope.console
    token = await issue_token(
        clinic.engine,
        member.id,
        (scope,),
        now=now,
        expires_at=now + SESSION_LIFE,
        label=browser(request.headers.get("User-Agent", "")),
    )
    response.set_cookie(COOKIE, token, max_age=int(SESSION_LIFE.total_seconds()), **cookie_terms(clinic))


def cookie_terms(clinic: Clinic) -> dict[str, Any]:
    """How our cookies are set: for this site only, out of reach of scripts."""
    return {"path": "/", "httponly": True, "samesite": "lax", "secure": clinic.secure_cookies}


def browser(user_agent: str) -> str:
    """`Firefox on Linux`: enough for its owner to know it again, and nothing that the sender chose."""
    program = next((name for mark, name in _BROWSERS if mark in user_agent), None)
    machine = next((name for mark, name in _MACHINES if re.search(mark, user_agent)), None)
    if program is None:
        return "A program"
    return f"{program} on {machine}" if machine else program
