"""Invitations to the intake form: made by the front desk, answered step by step, ended once.

Every change of an open invitation is one conditional UPDATE, so two browsers with the same link, or a link that
ends meanwhile, never overwrite each other. Whoever ends one also takes its personal data out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, Text, case, cast, func, select, update
from sqlalchemy.dialects.postgresql import JSONB, insert
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.errors import NotFoundError
from database.notices import board_told
from database.tables import clients, consents, invitations
from schemas.invitations import InvitationState, InvitationWay, InvitedClient
from schemas.messages import MessageStatus
from schemas.names import new_id

MOST_WRONG_BIRTHDAYS: Final = 6
"""After this many wrong dates of birth a link opens no more: whoever holds it is not the client, or needs help."""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation. `client` and `answers` are there only while it is open; `text_no` counts its texts."""

    id: str
    state: InvitationState
    way: InvitationWay
    client: InvitedClient | None
    answers: dict[str, dict[str, Any]] | None
    created_by: str
    created_at: datetime
    expires_at: datetime
    wrong_birthdays: int
    ended_at: datetime | None
    plan_id: str | None
    advice: str | None
    text_no: int
    text_status: MessageStatus | None
    text_sid: str | None
    text_reason: str | None
    text_claimed_at: datetime | None

    def is_live(self, now: datetime) -> bool:
        """Whether the form can be filled in."""
        return self.state is InvitationState.open and now < self.expires_at


_COLUMNS = tuple(invitations.c[name] for name in Invitation.__dataclass_fields__)


def as_invitation(row: Row[Any]) -> Invitation:
    """A row of all columns as an invitation."""
    return Invitation(**row._mapping)


async def invite(
    engine: AsyncEngine,
    client: InvitedClient,
    way: InvitationWay,
    *,
    by: str,
    now: datetime,
    expires_at: datetime,
    invitation_id: str | None = None,
) -> str:
    """Open an invitation; one that goes by text is put in line for it. Returns its id.

    With an id of the caller's, asking again changes nothing.
    """
    invitation_id = invitation_id or new_id()
    texted = way is InvitationWay.text
    async with engine.begin() as connection:
        await connection.execute(
            insert(invitations)
            .values(
                id=invitation_id,
                state=InvitationState.open,
                way=way,
                client=client,
                answers={},
                created_by=by,
                created_at=now,
                expires_at=expires_at,
                text_no=1 if texted else 0,
                text_status=MessageStatus.pending if texted else None,
            )
            .on_conflict_do_nothing(index_elements=[invitations.c.id])
        )
    return invitation_id


async def invitation(engine: AsyncEngine, invitation_id: str) -> Invitation:
    """One invitation; raises NotFoundError."""
    async with one_by_one(engine) as connection:
        row = (
            await connection.execute(select(*_COLUMNS).where(invitations.c.id == invitation_id))
        ).one_or_none()
    if row is None:
        raise NotFoundError("invitation", invitation_id)
    return as_invitation(row)


async def open_invitations(engine: AsyncEngine, now: datetime, limit: int = 50) -> tuple[Invitation, ...]:
    """Those that clients may still answer, newest first."""
    columns = invitations.c
    query = (
        select(*_COLUMNS)
        .where(columns.state == InvitationState.open, columns.expires_at > now)
        .order_by(columns.created_at.desc(), columns.id)
        .limit(limit)
    )
    async with one_by_one(engine) as connection:
        return tuple(as_invitation(row) for row in await connection.execute(query))


async def keep_answer(
    engine: AsyncEngine,
    invitation_id: str,
    question: str,
    answer: Mapping[str, Any],
    now: datetime,
    *,
    asked_anew: Sequence[str] = (),
) -> bool:
    """Keep one question's answer in place of an earlier one; False if the invitation has ended.

    `asked_anew` are questions whose answers rested on the earlier one: they are dropped.
    """
    columns = invitations.c
    entry = func.jsonb_build_object(cast(question, Text), cast(dict(answer), JSONB))
    merged = columns.answers.op("||")(entry)
    for other in asked_anew:
        merged = merged.op("-")(cast(other, Text))
    return await _change_open(engine, invitation_id, now, answers=merged)


async def note_wrong_birthday(engine: AsyncEngine, invitation_id: str, now: datetime) -> int:
    """Count a wrong date of birth; at the last one allowed the invitation ends. Returns how many it has now."""
    columns = invitations.c
    last = columns.wrong_birthdays + 1 >= MOST_WRONG_BIRTHDAYS
    change = (
        update(invitations)
        .where(columns.id == invitation_id, columns.state == InvitationState.open)
        .values(
            wrong_birthdays=columns.wrong_birthdays + 1,
            state=case((last, InvitationState.revoked.value), else_=columns.state),
            ended_at=case((last, now)),
            client=case((last, None), else_=columns.client),
            answers=case((last, None), else_=columns.answers),
        )
        .returning(columns.wrong_birthdays)
    )
    async with engine.begin() as connection:
        counted: int | None = await connection.scalar(change)
    return MOST_WRONG_BIRTHDAYS if counted is None else counted


async def end(
    engine: AsyncEngine,
    invitation_id: str,
    state: InvitationState,
    now: datetime,
    *,
    plan_id: str | None = None,
    advice: str | None = None,
) -> bool:
    """End an open invitation and forget what was answered; False if it had ended before."""
    change = (
        update(invitations)
        .where(invitations.c.id == invitation_id, invitations.c.state == InvitationState.open)
        .values(state=state, ended_at=now, plan_id=plan_id, advice=advice, **_FORGOTTEN)
        .returning(invitations.c.id, board_told())
    )
    async with engine.begin() as connection:
        return (await connection.execute(change)).one_or_none() is not None


_FORGOTTEN: Final[Mapping[str, None]] = {"client": None, "answers": None}


async def forget_expired(engine: AsyncEngine, now: datetime) -> int:
    """End every invitation whose time has run out and forget what was answered; returns how many."""
    columns = invitations.c
    change = (
        update(invitations)
        .where(columns.state == InvitationState.open, columns.expires_at <= now)
        .values(state=InvitationState.expired, ended_at=now, **_FORGOTTEN)
    )
    async with engine.begin() as connection:
        return (await connection.execute(change)).rowcount


async def opted_out(engine: AsyncEngine, mobile: str) -> bool:
    """Whether somebody at this number has asked for no more texts by text: the provider blocks the number (F32)."""
    last = (
        select(consents.c.how, consents.c.granted)
        .join(clients, clients.c.id == consents.c.client_id)
        .where(clients.c.mobile == mobile, consents.c.kind == "texts")
        .order_by(consents.c.at.desc(), consents.c.id.desc())
        .limit(1)
    )
    async with one_by_one(engine) as connection:
        row = (await connection.execute(last)).one_or_none()
    return row is not None and row.how == "text" and not row.granted


async def _change_open(engine: AsyncEngine, invitation_id: str, now: datetime, **values: Any) -> bool:
    columns = invitations.c
    change = (
        update(invitations)
        .where(columns.id == invitation_id, columns.state == InvitationState.open, columns.expires_at > now)
        .values(**values)
        .returning(columns.id)
    )
    async with engine.begin() as connection:
        return (await connection.execute(change)).one_or_none() is not None
