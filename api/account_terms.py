"""What an account may be: passwords worth keeping, and bodies of the forms about people who work here."""

from __future__ import annotations

import hmac
import secrets
from base64 import urlsafe_b64encode
from datetime import date
from typing import Annotated, Final

from pydantic import AfterValidator, Field, model_validator

from api.identity import TokenScope
from schemas.base import Strict
from schemas.commands import Role

_LEAST_LETTERS: Final = 12
_LEAST_DIFFERENT: Final = 6
_LONGEST_LEAVE_DAYS: Final = 366
_TEMPORARY_BYTES: Final = 12
"""Sixteen characters, as somebody reads them out."""


def _worth_keeping(password: str) -> str:
    """Length is what helps (NIST SP 800-63B, 5.1.1.2): no rules about kinds of characters."""
    if len(password) < _LEAST_LETTERS:
        raise ValueError(f"Use at least {_LEAST_LETTERS} characters; three or four words do well.")
    if len(set(password.casefold())) < _LEAST_DIFFERENT:
        raise ValueError("This repeats a few characters. Use three or four words instead.")
    return password


OwnPassword = Annotated[str, Field(max_length=256), AfterValidator(_worth_keeping)]


class PasswordChange(Strict):
    """The password so far, and the new one twice."""

    current: str = Field(min_length=1, max_length=256)
    password: OwnPassword
    again: str = Field(max_length=256)

    @model_validator(mode="after")
    def _meant(self) -> PasswordChange:
        if self.password != self.again:
            raise ValueError("The new password was typed in two ways. Type it again.")
        if self.password == self.current:
            raise ValueError("The new password is the old one. Choose another.")
        return self


class TokenAsked(Strict):
    """A token for a program of one's own."""

    label: str = Field(min_length=2, max_length=80)
    scope: TokenScope = TokenScope.read
    days: int = Field(90, ge=1, le=366)

    @model_validator(mode="after")
    def _for_programs(self) -> TokenAsked:
        if self.scope not in (TokenScope.read, TokenScope.api):
            raise ValueError("A token reads, or does what you may. Choose one of the two.")
        return self


class LeaveAsked(Strict):
    """Leave from the start of one day to the end of another, both in the site's time."""

    staff_id: str = Field(min_length=1, max_length=64)
    delegate_id: str = Field(min_length=1, max_length=64)
    first_day: date
    last_day: date
    reason: str = Field("leave", min_length=1, max_length=80)

    @model_validator(mode="after")
    def _in_order(self) -> LeaveAsked:
        if self.last_day < self.first_day:
            raise ValueError("The last day comes before the first. Check the two dates.")
        if (self.last_day - self.first_day).days > _LONGEST_LEAVE_DAYS:
            raise ValueError("Leave of more than a year is somebody leaving. Close the account instead.")
        return self


class MemberAsked(Strict):
    """Somebody who starts working here."""

    name: str = Field(min_length=2, max_length=120)
    initials: str = Field(min_length=1, max_length=4)
    email: str = Field(pattern=r"^[^@\s<>]{1,64}@[^@\s<>]{1,189}$")
    mobile: str | None = Field(None, max_length=32)
    hcpc_number: str | None = Field(None, max_length=20)
    roles: tuple[Role, ...] = Field(min_length=1)


def temporary_password() -> str:
    """A password to hand to somebody once; they choose their own when they first log in."""
    return secrets.token_urlsafe(_TEMPORARY_BYTES)


def temporary_password_of(credential: str, key: str) -> str:
    """The same for a form, which a double click sends twice.

    It follows from the form's key and from the secret that its sender is known by (HMAC-SHA-256): whichever of
    the two is taken last, both say the password that opens the account, and nothing is kept to say it again.
    """
    digest = hmac.digest(credential.encode(), f"temporary password {key}".encode(), "sha256")
    return urlsafe_b64encode(digest[:_TEMPORARY_BYTES]).decode()
