"""Keys to the API and console log-ins: only a token's hash is kept, the token itself is shown once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, insert, or_, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.tables import api_tokens, staff
from schemas.names import new_id

_USE_NOTED_EVERY = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whom a token speaks for, and what it may be used for."""

    token_id: str
    staff_id: str
    scopes: tuple[str, ...]


async def issue_token(
    engine: AsyncEngine,
    staff_id: str,
    scopes: tuple[str, ...],
    *,
    now: datetime,
    expires_at: datetime | None = None,
) -> str:
    """A new token for a member of staff; what is returned is stored nowhere."""
    token = f"limber_{secrets.token_urlsafe(32)}"
    async with engine.begin() as connection:
        await connection.execute(
            insert(api_tokens).values(
                id=new_id(),
                token_hash=_hash(token),
                staff_id=staff_id,
                scopes=list(scopes),
                created_at=now,
                expires_at=expires_at,
            )
        )
    return token


async def token_holder(engine: AsyncEngine, token: str, now: datetime) -> TokenHolder | None:
    """Whom the token speaks for; None if it is unknown, revoked, expired, or its holder has left."""
    columns = api_tokens.c
    async with engine.begin() as connection:
        row = (
            await connection.execute(
                select(columns.id, columns.staff_id, columns.scopes, columns.last_used_at)
                .join(staff, staff.c.id == columns.staff_id)
                .where(
                    columns.token_hash == _hash(token),
                    columns.revoked_at.is_(None),
                    or_(columns.expires_at.is_(None), columns.expires_at > now),
                    staff.c.active,
                )
            )
        ).one_or_none()
        if row is None:
            return None
        if row.last_used_at is None or row.last_used_at < now - _USE_NOTED_EVERY:
            await connection.execute(update(api_tokens).where(columns.id == row.id).values(last_used_at=now))
    return TokenHolder(row.id, row.staff_id, tuple(row.scopes))


async def revoke_token(engine: AsyncEngine, token: str, now: datetime) -> None:
    """The token is worth nothing from now on. Revoking an unknown or revoked one changes nothing."""
    columns = api_tokens.c
    async with engine.begin() as connection:
        await connection.execute(
            update(api_tokens)
            .where(columns.token_hash == _hash(token))
            .values(revoked_at=func.coalesce(columns.revoked_at, now))
        )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
