"""Texts that a crash, an outage or a silent provider left open are brought to an end, or to a person.

The send activity settles its own texts. This looks after what no activity will: its worker died for good, its
workflow was ended, its receipts never came. Nothing here ever posts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.reconciling import Search
from activities.send_checks import WhyNot
from activities.sending import NEVER_FOUND
from database import outbox, outbox_sweep, receipts
from database.outbox import Fate, OutboxText
from database.receipts import FinalFailure, Receipt
from messaging.channel import Channel, ChannelUnavailable
from schemas.activity_terms import SETTLING
from schemas.messages import ChannelName, MessageStatus

TellFailure = Callable[[FinalFailure], Awaitable[None]]

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True)
class Waits:
    """How long a text may stay open before somebody else than its activity looks at it.

    `orphaned_after` is longer than any activity goes on after a text's use. `silent_for` is when the provider is
    asked after a text without a receipt, again and again until `given_up_after`; a lost text is searched for
    during `searched_for`.
    """

    orphaned_after: timedelta = SETTLING + timedelta(minutes=5)
    searched_for: timedelta = timedelta(hours=24)
    silent_for: timedelta = timedelta(hours=1)
    given_up_after: timedelta = timedelta(days=4)


PATIENT: Final = Waits()


async def settle_left_open(
    engine: AsyncEngine, search: Search, now: datetime, waits: Waits = PATIENT
) -> None:
    """End every text that its activity never will: expired, found after all, or a person's to look for (F03)."""
    for text in await outbox_sweep.left_open(engine, now, waits.orphaned_after, waits.searched_for):
        try:
            fate = await _fate(search, text)
        except ChannelUnavailable as unavailable:
            _log.warning("left-open texts wait", reason=str(unavailable))
            return
        if fate is not None:
            await _settle(engine, text, fate, now)


async def _fate(search: Search, text: OutboxText) -> Fate | None:
    """How the text ends; None leaves it as it is. Raises ChannelUnavailable."""
    if text.status is MessageStatus.pending:
        return Fate(MessageStatus.expired, WhyNot.expired)
    if text.channel is not ChannelName.sms:  # only texts are on a list
        return None if text.status is MessageStatus.unknown else Fate(MessageStatus.unknown, NEVER_FOUND)
    sid = await search.provider_id(text)
    if sid is not None:
        return Fate(MessageStatus.sent, provider_sid=sid)
    return None if text.status is MessageStatus.unknown else Fate(MessageStatus.unknown, NEVER_FOUND)


async def _settle(engine: AsyncEngine, text: OutboxText, fate: Fate, now: datetime) -> None:
    # The agenda moved on long ago, so this order names no item of it; and no story is told backwards in time.
    order = text.order.but(agenda_key=None)
    at = max(now, order.ordered_at, text.sending_at or now)
    await outbox.settle(engine, order, fate, at, None, plan_asks=False)
    _log.info("left-open text settled", plan_id=order.plan_id, status=fate.status)


async def ask_after_silent(
    engine: AsyncEngine, channel: Channel, tell: TellFailure, now: datetime, waits: Waits = PATIENT
) -> None:
    """Ask the provider about texts whose receipts never came, and tell plans of those that failed."""
    for text in await outbox_sweep.without_receipt(engine, now, waits.silent_for, waits.given_up_after):
        sid = text.provider_sid or ""
        try:
            said = await asyncio.to_thread(channel.word_on, sid)
        except ChannelUnavailable as unavailable:
            _log.warning("silent texts wait", reason=str(unavailable))
            return
        await outbox_sweep.asked_after(engine, text.key, now)
        if said is None:
            continue
        code = str(said.error_code) if said.error_code else None
        receipt = Receipt(sid, said.status, code, text.key, {"asked": "message resource"}, now)
        failure = await receipts.receive(engine, receipt)
        if failure is not None:
            await tell(failure)
