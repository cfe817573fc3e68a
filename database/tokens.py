"""Keys to the API and console log-ins: only a token's hash is kept, the token itself is shown once."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import BindParameter, ColumnElement, any_, bindparam, func, literal, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.errors import KeyReusedError
from database.staff_changes import note_change
from database.tables import api_tokens, staff
from database.tables.columns import Moment
from schemas.names import new_id
from schemas.staff_changes import StaffChange

_USE_NOTED_EVERY = timedelta(minutes=1)


def _counts(now: datetime | BindParameter[datetime]) -> tuple[ColumnElement[bool], ...]:
    columns = api_tokens.c
    return columns.revoked_at.is_(None), or_(columns.expires_at.is_(None), columns.expires_at > now)


_HOLDER = (
    select(api_tokens.c.id, api_tokens.c.staff_id, api_tokens.c.scopes, api_tokens.c.last_used_at)
    .join(staff, staff.c.id == api_tokens.c.staff_id)
    .where(
        api_tokens.c.token_hash == bindparam("hash"),
        *_counts(bindparam("now", type_=Moment)),
        staff.c.active,
    )
)
"""Asked with every request: built once."""


@dataclass(frozen=True, slots=True)
class TokenHolder:
    """Whom a token speaks for, and what it may be used for."""

    token_id: str
    staff_id: str
    scopes: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class OpenToken:
    """A token or log-in that still counts, as its owner sees it; the token itself is not known any more."""

    id: str
    label: str
    scopes: tuple[str, ...]
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


async def issue_token(
    engine: AsyncEngine,
    staff_id: str,
    scopes: tuple[str, ...],
    *,
    now: datetime,
    expires_at: datetime | None = None,
    label: str = "",
    token_id: str | None = None,
    made_by: str | None = None,
) -> str:
    """A new token for a member of staff; what is returned is stored nowhere.

    A token for a program is a change of the account, `made_by` somebody; a log-in is not.
    Raises KeyReusedError if there is a token with this `token_id` already: one request makes one token.
    """
    token = f"limber_{secrets.token_urlsafe(32)}"
    new = token_id or new_id()
    values = {
        "id": new,
        "token_hash": _hash(token),
        "staff_id": staff_id,
        "scopes": list(scopes),
        "label": label,
        "created_at": now,
        "expires_at": expires_at,
    }
    async with engine.begin() as connection:
        made = await connection.execute(
            insert(api_tokens)
            .values(values)
            .on_conflict_do_nothing(index_elements=[api_tokens.c.id])
            .returning(api_tokens.c.id)
        )
        if made.one_or_none() is None:
            raise KeyReusedError(new)
        if made_by is not None:
            until = expires_at.isoformat() if expires_at else None
            facts = {"label": label, "scopes": list(scopes), "until": until}
            await note_change(connection, StaffChange.token_made, staff_id, made_by, **facts)
    return token


async def token_holder(engine: AsyncEngine, token: str, now: datetime) -> TokenHolder | None:
    """Whom the token speaks for; None if it is unknown, revoked, expired, or its holder has left."""
    columns = api_tokens.c
    async with one_by_one(engine) as connection:
        row = (await connection.execute(_HOLDER, {"hash": _hash(token), "now": now})).one_or_none()
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


async def open_tokens(engine: AsyncEngine, staff_id: str, now: datetime) -> tuple[OpenToken, ...]:
    """The log-ins and tokens of a person that still count, the last used first."""
    columns = api_tokens.c
    query = (
        select(*(columns[name] for name in OpenToken.__dataclass_fields__))
        .where(columns.staff_id == staff_id, *_counts(now))
        .order_by(func.coalesce(columns.last_used_at, columns.created_at).desc(), columns.id)
    )
    async with one_by_one(engine) as connection:
        rows = (await connection.execute(query)).mappings()
        return tuple(OpenToken(**{**row, "scopes": tuple(row["scopes"])}) for row in rows)


async def end_token(engine: AsyncEngine, staff_id: str, token_id: str, now: datetime) -> bool:
    """A person ends one log-in or token of theirs; False if it is not theirs or has ended already."""
    columns = api_tokens.c
    ending = (
        update(api_tokens)
        .where(columns.id == token_id, columns.staff_id == staff_id, *_counts(now))
        .values(revoked_at=now)
        .returning(columns.label, columns.scopes)
    )
    async with engine.begin() as connection:
        ended = (await connection.execute(ending)).one_or_none()
        if ended is not None:
            facts = {"label": ended.label, "scopes": list(ended.scopes)}
            await note_change(connection, StaffChange.token_ended, staff_id, staff_id, **facts)
    return ended is not None


async def end_all_tokens(
    engine: AsyncEngine,
    staff_id: str,
    now: datetime,
    *,
    scope: str | None = None,
    but: str | None = None,
    by: str | None = None,
) -> int:
    """End every log-in and token of a person, or those of one scope, all `but` one; returns how many.

    Where that is a change by itself, and not part of another, it is written down as done `by` somebody.
    """
    columns = api_tokens.c
    ending = update(api_tokens).where(columns.staff_id == staff_id, *_counts(now)).values(revoked_at=now)
    if scope is not None:
        ending = ending.where(literal(scope) == any_(columns.scopes))
    if but is not None:
        ending = ending.where(columns.id != but)
    async with engine.begin() as connection:
        ended = (await connection.execute(ending)).rowcount
        if ended and by is not None:
            await note_change(connection, StaffChange.log_ins_ended, staff_id, by, count=ended)
    return ended


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
