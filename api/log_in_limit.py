"""Guessing passwords is slow: a few wrong ones for an account or from one connection, then there is a wait."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from http import HTTPStatus
from math import ceil
from types import MappingProxyType
from typing import Final

from fastapi import Request

from api.clinic import Clinic
from api.problems import Problem
from database.tries import Limit, Noted, forgive, note

FOR_ACCOUNT: Final = Limit("log-in account", 8)
FROM_ADDRESS: Final = Limit("log-in address", 40)
"""A whole clinic may share one address, and mistype on the same morning."""

_WHERE: Final[Mapping[Limit, str]] = MappingProxyType(
    {FOR_ACCOUNT: "for this account", FROM_ADDRESS: "from this internet connection"}
)


def sent_from(request: Request) -> str:
    """The network address of whoever asks."""
    return request.client.host if request.client else ""


async def a_try(clinic: Clinic, request: Request, email: str) -> Noted:
    """Count one try at this account's password; Problem 429 that says how long to wait after too many."""
    noted = await note(
        clinic.engine,
        {FOR_ACCOUNT: _account(email), FROM_ADDRESS: sent_from(request)},
        clinic.real_now(),
    )
    if noted.reached is not None:
        raise _too_many(noted.reached, noted.wait)
    return noted


async def was_right(clinic: Clinic, noted: Noted, email: str) -> None:
    """The password was right: earlier slips are forgotten."""
    await forgive(clinic.engine, noted, FOR_ACCOUNT, _account(email))


def _account(email: str) -> str:
    return email.strip().lower()


def _too_many(limit: Limit, wait: timedelta) -> Problem:
    seconds = ceil(wait.total_seconds())
    minutes = ceil(seconds / 60)
    return Problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_many_tries",
        f"Too many wrong passwords {_WHERE[limit]}. "
        f"Try again in {minutes} {'minute' if minutes == 1 else 'minutes'}.",
        headers={"Retry-After": str(seconds)},
    )
