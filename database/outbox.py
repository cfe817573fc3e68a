"""The outbox: each text is claimed once, and what became of it is written where everyone can see it.

The send protocol's database half. Every change of a text's state is one conditional UPDATE along the table in
`outbox_states`, in one transaction with the plan's event that tells it. The plan's row is locked first, always:
so a text and a step of its plan never wait for each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ARRAY, Text, any_, bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.chain import append, hold_chain
from database.engine import one_by_one
from database.errors import NotFoundError
from database.outbox_states import PLAN_MUST_KNOW, before
from database.outbox_turns import hold_plan, mark_done
from database.person_texts import PersonTexts, person_texts, take_turn
from database.recording.texts import ORDER, as_row
from database.tables import messages
from schemas.events import EventKind, Fact, PlanEvent
from schemas.messages import ChannelName, CheckResult, MessageStatus, TextOrder
from schemas.plan import AgendaItem


@dataclass(frozen=True, slots=True)
class OutboxText:
    """A text as the outbox has it. `claimed_at` is the real clock at the last claim; the rest is plan time."""

    key: str
    order: TextOrder
    status: MessageStatus
    queued_at: datetime
    to_number: str | None = None
    body: str | None = None
    segments: int | None = None
    provider_sid: str | None = None
    reason: str | None = None
    error_code: str | None = None
    sending_at: datetime | None = None
    claimed_at: datetime | None = None
    sent_at: datetime | None = None
    settled_at: datetime | None = None
    attempts: int = 0
    channel: ChannelName = ChannelName.sms
    stands_for: str | None = None
    checks: tuple[CheckResult, ...] | None = None
    wording: str | None = None


@dataclass(frozen=True, slots=True)
class Words:
    """A text ready to go: the number in E.164, the rendered body, and what it will be billed as.

    `wording` says whose words they are: template, version and digest. `checks` are what was asked before.
    """

    to: str
    body: str
    segments: int
    wording: str | None = None
    checks: tuple[CheckResult, ...] = ()


@dataclass(frozen=True, slots=True)
class Fate:
    """What became of a text. `pending` gives a claim back: the provider certainly did not take it."""

    status: MessageStatus
    reason: str | None = None
    error_code: str | None = None
    provider_sid: str | None = None
    checks: tuple[CheckResult, ...] = ()


StillFits = Callable[[PersonTexts], bool]
"""Whether a text may still go to a person who has been sent these."""


COLUMNS = tuple(
    messages.c[name if name != "order" else "order_json"].label(name)
    for name in OutboxText.__dataclass_fields__
)
_READ = select(*COLUMNS).where(messages.c.key == bindparam("key"))
_ENTER = ORDER.returning(messages.c.key)


def as_text(row: Sequence[Any]) -> OutboxText:
    """A row of `COLUMNS` as a text."""
    return OutboxText(*row)


async def put(engine: AsyncEngine, order: TextOrder, now: datetime) -> OutboxText:
    """The text as the outbox has it, entered as pending if it was not there."""
    async with one_by_one(engine) as connection:
        if (await connection.execute(_ENTER, as_row(order, now))).one_or_none() is not None:
            return OutboxText(order.key, order, MessageStatus.pending, now)
        return as_text((await connection.execute(_READ, {"key": order.key})).one())


async def get(engine: AsyncEngine, key: str) -> OutboxText:
    """The text with this intent key; raises NotFoundError."""
    async with one_by_one(engine) as connection:
        row = (await connection.execute(_READ, {"key": key})).one_or_none()
    if row is None:
        raise NotFoundError("text", key)
    return as_text(row)


_CLAIM = (
    update(messages)
    .where(messages.c.key == bindparam("text"), messages.c.status == MessageStatus.pending)
    .values(
        status=MessageStatus.sending,
        to_number=bindparam("to"),
        body=bindparam("words"),
        segments=bindparam("billed"),
        wording=bindparam("whose"),
        checks=bindparam("asked"),
        sending_at=bindparam("now"),
        claimed_at=func.clock_timestamp(),
        attempts=messages.c.attempts + 1,
    )
    .returning(messages.c.key)
)


async def claim(  # noqa: PLR0917 - a text, its words, its time and its terms
    engine: AsyncEngine,
    order: TextOrder,
    words: Words,
    now: datetime,
    next_item: AgendaItem | None,
    still_fits: StillFits | None = None,
) -> bool:
    """Take a pending text for sending; True for exactly one of any number of claimants (F01).

    With `still_fits`, texts to one person are claimed one after the other, and none that no longer fits: two
    plans that ask at once stay within the person's one budget. The text's agenda item has had its turn from
    here on, whatever becomes of the text.
    """
    async with engine.begin() as connection:
        if still_fits is not None:
            await take_turn(connection, order.recipient_id)
            if not still_fits(await person_texts(connection, order, now)):
                return False
        stored = await hold_plan(connection, order)
        parameters = {
            "text": order.key,
            "to": words.to,
            "words": words.body,
            "billed": words.segments,
            "whose": words.wording,
            "asked": words.checks,
            "now": now,
        }
        if (await connection.execute(_CLAIM, parameters)).one_or_none() is None:
            return False
        await mark_done(connection, order, stored, now, next_item)
    return True


_STILL_OPEN = frozenset({MessageStatus.pending, MessageStatus.sent})
_CLAIMED_BEFORE = frozenset({MessageStatus.pending, MessageStatus.sent, MessageStatus.unknown})
"""Where only a claimed text can go: its item had its turn at the claim."""


async def settle(
    engine: AsyncEngine,
    order: TextOrder,
    fate: Fate,
    now: datetime,
    next_item: AgendaItem | None,
    *,
    plan_asks: bool = True,
) -> MessageStatus:
    """Write down what became of a text; returns the state it is in now.

    A move that the table does not allow changes nothing: a terminal state never regresses (F28), and a
    receipt that came first stays. A failure counts as told to the plan where the plan's own activity asks
    (`plan_asks`); what a sweep settles, the plan has yet to be told.
    """
    async with engine.begin() as connection:
        held = await hold_chain(connection, order.plan_id)
        told_at = now if plan_asks and fate.status in PLAN_MUST_KNOW else None
        if not await move(connection, order.key, fate, now, told_at=told_at):
            status = await connection.scalar(select(messages.c.status).where(messages.c.key == order.key))
            if status is None:
                raise NotFoundError("text", order.key)
            return MessageStatus(status)
        if fate.status is not MessageStatus.pending:
            await append(connection, held, _told_by(order, fate, now))
        if fate.status not in _CLAIMED_BEFORE:
            await mark_done(connection, order, await hold_plan(connection, order), now, next_item)
    return fate.status


_MOVE = (
    update(messages)
    .where(
        messages.c.key == bindparam("text"), messages.c.status == any_(bindparam("before", type_=ARRAY(Text)))
    )
    .values(
        status=bindparam("to_status"),
        reason=bindparam("why"),
        error_code=bindparam("code"),
        provider_sid=func.coalesce(messages.c.provider_sid, bindparam("sid")),
        sent_at=func.coalesce(messages.c.sent_at, bindparam("taken_at")),
        settled_at=bindparam("ended_at"),
        checks=func.coalesce(bindparam("asked", type_=messages.c.checks.type), messages.c.checks),
        plan_told_at=bindparam("told_at"),
    )
    .returning(messages.c.key)
)


async def move(
    connection: AsyncConnection, key: str, fate: Fate, now: datetime, *, told_at: datetime | None = None
) -> bool:
    """Move a text along the table of states if it allows that; the caller holds the plan's chain.

    `told_at` is when the plan learnt of it, if it has.
    """
    moved = await connection.execute(
        _MOVE,
        {
            "text": key,
            "before": before(fate.status),
            "to_status": fate.status,
            "why": fate.reason,
            "code": fate.error_code,
            "sid": fate.provider_sid,
            "taken_at": now if fate.status is MessageStatus.sent else None,
            "ended_at": None if fate.status in _STILL_OPEN else now,
            "asked": fate.checks or None,
            "told_at": told_at,
        },
    )
    return moved.one_or_none() is not None


def _told_by(order: TextOrder, fate: Fate, now: datetime) -> PlanEvent:
    kind = EventKind.text_sent if fate.status is MessageStatus.sent else EventKind.text_not_sent
    facts: dict[str, Fact] = {
        "key": order.key,
        "template": order.template,
        "session": order.session_no,
        "status": fate.status.value,
        "reason": fate.reason,
        "error_code": fate.error_code,
    }
    known: dict[str, Fact] = {name: fact for name, fact in facts.items() if fact is not None}
    return PlanEvent(kind=kind, at=now, rule=order.rule, facts=known)


_OF_PLAN = (
    select(*COLUMNS)
    .where(messages.c.plan_id == bindparam("plan"))
    .order_by(messages.c.ordered_at.desc(), messages.c.key)
)


async def texts_of_plan(engine: AsyncEngine, plan_id: str) -> tuple[OutboxText, ...]:
    """Every text of a plan, newest first, each with why it was sent or not."""
    async with one_by_one(engine) as connection:
        return tuple(as_text(row) for row in await connection.execute(_OF_PLAN, {"plan": plan_id}))


async def provider_sids(engine: AsyncEngine, to: str) -> frozenset[str]:
    """The provider's ids that already belong to texts to this number: none of them is a lost one."""
    query = select(messages.c.provider_sid).where(
        messages.c.to_number == to, messages.c.provider_sid.is_not(None)
    )
    async with one_by_one(engine) as connection:
        return frozenset((await connection.scalars(query)).all())
