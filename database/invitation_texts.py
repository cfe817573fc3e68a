"""The text that carries a form's link, through the same states as every other text (`outbox_states`).

It has no plan yet, so it lives on its invitation. Claimed and committed before the POST, settled after it: whoever
finds it `sending` looks for it and never posts again (F01).
"""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.invitations import Invitation, as_invitation
from database.notices import board_told
from database.outbox_states import before
from database.tables import invitations
from schemas.invitations import InvitationState
from schemas.messages import MessageStatus

_COLUMNS = tuple(invitations.c[name] for name in Invitation.__dataclass_fields__)


def intent_key(invitation: Invitation) -> str:
    """The unique key of an invitation's newest text."""
    return f"form-link:{invitation.id}:{invitation.text_no}"


async def order_again(engine: AsyncEngine, invitation_id: str, now: datetime) -> bool:
    """Put a text in line, unless one is under way; False then, and for an invitation that has ended."""
    columns = invitations.c
    under_way = (MessageStatus.pending, MessageStatus.sending)
    change = (
        update(invitations)
        .where(
            columns.id == invitation_id,
            columns.state == InvitationState.open,
            columns.expires_at > now,
            func.coalesce(columns.text_status.not_in(under_way), True),
        )
        .values(
            text_no=columns.text_no + 1,
            text_status=MessageStatus.pending,
            text_sid=None,
            text_reason=None,
            text_claimed_at=None,
        )
        .returning(columns.id, board_told())
    )
    async with engine.begin() as connection:
        return (await connection.execute(change)).one_or_none() is not None


async def in_line(engine: AsyncEngine) -> tuple[Invitation, ...]:
    """Those whose text waits to be sent, or was claimed and has no end yet, oldest first."""
    columns = invitations.c
    query = (
        select(*_COLUMNS)
        .where(columns.text_status.in_((MessageStatus.pending, MessageStatus.sending)))
        .order_by(columns.created_at, columns.id)
        .limit(100)
    )
    async with one_by_one(engine) as connection:
        return tuple(as_invitation(row) for row in await connection.execute(query))


async def claim(engine: AsyncEngine, invitation: Invitation) -> bool:
    """Take a pending text for sending; True for exactly one of any number of workers."""
    columns = invitations.c
    change = (
        update(invitations)
        .where(
            columns.id == invitation.id,
            columns.state == InvitationState.open,
            columns.text_no == invitation.text_no,
            columns.text_status == MessageStatus.pending,
        )
        .values(text_status=MessageStatus.sending, text_claimed_at=func.clock_timestamp())
        .returning(columns.id)
    )
    async with engine.begin() as connection:
        return (await connection.execute(change)).one_or_none() is not None


async def settle(
    engine: AsyncEngine,
    invitation: Invitation,
    status: MessageStatus,
    *,
    sid: str | None = None,
    reason: str | None = None,
) -> None:
    """Write down what became of the text, along the table of states; a newer text is left alone."""
    columns = invitations.c
    change = (
        update(invitations)
        .where(
            columns.id == invitation.id,
            columns.text_no == invitation.text_no,
            columns.text_status.in_(before(status)),
        )
        .values(text_status=status, text_sid=sid, text_reason=reason)
        .returning(board_told())
    )
    async with engine.begin() as connection:
        await connection.execute(change)
