"""Log-ins that went to the identity provider: each is expected back once, soon, with its own state."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import delete, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from database.tables import log_ins_away

BACK_WITHIN: Final = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Away:
    """What is needed when somebody comes back, and where they were going."""

    nonce: str
    verifier: str
    goes_to: str


async def send_away(engine: AsyncEngine, state: str, away: Away, now: datetime) -> None:
    """Remember a log-in that goes to the provider; forgotten ones are cleared away."""
    async with engine.begin() as connection:
        await connection.execute(delete(log_ins_away).where(log_ins_away.c.expires_at <= now))
        await connection.execute(
            insert(log_ins_away).values(
                state_hash=_hash(state),
                nonce=away.nonce,
                verifier=away.verifier,
                goes_to=away.goes_to,
                expires_at=now + BACK_WITHIN,
            )
        )


async def come_back(engine: AsyncEngine, state: str, now: datetime) -> Away | None:
    """The log-in with this state, to exactly one of those who ask; None if it is unknown, used or too late."""
    columns = log_ins_away.c
    claiming = (
        delete(log_ins_away)
        .where(columns.state_hash == _hash(state), columns.expires_at > now)
        .returning(columns.nonce, columns.verifier, columns.goes_to)
    )
    async with engine.begin() as connection:
        row = (await connection.execute(claiming)).one_or_none()
    return None if row is None else Away(**row._mapping)


def _hash(state: str) -> str:
    return hashlib.sha256(state.encode()).hexdigest()
