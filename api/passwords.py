"""Passwords: argon2id hashes (pwdlib's recommended parameters)."""

from __future__ import annotations

import asyncio
from functools import cache

from pwdlib import PasswordHash


@cache
def _hasher() -> PasswordHash:
    return PasswordHash.recommended()


@cache
def _nobodys_hash() -> str:
    return _hasher().hash("nobody has this password")


def hash_password(password: str) -> str:
    """A salted hash to keep in place of the password; takes some 50 ms on purpose."""
    return _hasher().hash(password)


async def password_matches(password: str, password_hash: str | None) -> bool:
    """Whether the password is the one that was hashed.

    Without a hash it takes as long and says no, so that the time taken does not tell who works here.
    """
    kept = password_hash or _nobodys_hash()
    matches = await asyncio.to_thread(_hasher().verify, password, kept)
    return matches and password_hash is not None
