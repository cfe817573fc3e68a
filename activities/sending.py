"""One text, sent once: the send protocol (`sms.md`; its states are in `database.outbox_states`).

The outbox row is claimed (`pending` to `sending`) and committed before the POST, and settled after it. Whoever
finds a row `sending` never posts: the text may already be out. It is looked for, and if it stays lost, a person
decides. A crash at any point therefore costs a look, never a second text (F01).
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final, Protocol

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio import activity

from activities.plan_time import later, plan_now
from activities.reconciling import Search
from activities.send_checks import Check, Situation, examined, first_reason, fits_person
from activities.wording import CANNOT_BE_WORDED, Unworded, Worded, Wording
from database import outbox
from database.inbound import allow_number
from database.outbox import Fate, OutboxText, Words
from database.outbox_facts import TextFacts, text_facts
from messaging.channel import (
    Accepted,
    ChannelUnavailable,
    Outcome,
    OutgoingText,
    Rejected,
    Retry,
    Sender,
    Unknown,
)
from messaging.error_classes import ErrorClass
from messaging.numbers import E164
from messaging.segments import count
from schemas import names
from schemas.messages import Audience, MessageStatus, SendOutcome, TextOrder, TextPurpose
from schemas.orders import SendOrder

_log = structlog.stdlib.get_logger(__name__)

NEVER_FOUND: Final = "never_found"
_A_MOMENT: Final = timedelta(seconds=1)


class Meter(Protocol):
    """Counts texts."""

    def text_settled(self, purpose: TextPurpose, status: MessageStatus) -> None:
        """A text ended here in this state."""

    def text_handed_over(self, late_by: timedelta) -> None:
        """A text goes to the provider this long after it was ordered."""


class Sending:
    """The send activity. Its sender is asked in a thread; its meter and search are its own.

    A text that a member of staff caused waits `undo_for`: so long they can take it back (`database.undo`).
    """

    def __init__(
        self,
        engine: AsyncEngine,
        sender: Sender,
        wording: Wording,
        search: Search,
        meter: Meter,
        *,
        undo_for: Callable[[], timedelta] = timedelta,
    ) -> None:
        self._engine = engine
        self._sender = sender
        self._wording = wording
        self._search = search
        self._meter = meter
        self._undo_for = undo_for

    @activity.defn(name=names.SEND_TEXT)
    async def send_text(self, asked: SendOrder) -> SendOutcome:
        """Send a text, or say why not. Idempotent by the order's key, at any number of attempts and workers."""
        now = plan_now(asked.now)
        text = await outbox.put(self._engine, asked.order, now)
        match text.status:
            case MessageStatus.pending:
                return await self._send(asked, now)
            case MessageStatus.sending:
                return await self._look_for(text, asked, now)
            case _:
                return SendOutcome(status=text.status, reason=text.reason)

    async def _send(self, asked: SendOrder, now: datetime) -> SendOutcome:
        order = asked.order
        undo_until = order.ordered_at + self._undo_for()
        if order.by is not None and now < min(undo_until, order.expires_at):
            raise later("it may still be taken back", undo_until - now)
        facts = await text_facts(self._engine, order, now)
        situation = Situation(order, facts, now)
        check = first_reason(situation)
        if check is not None:
            return await self._keep_back(check, situation, asked)
        checks = examined(situation)
        try:
            worded = await self._wording.worded(order, facts)
            ready = _ready(worded, order, facts, now)
        except Unworded as error:
            _log.error("text cannot be worded", template=order.template, reason=str(error))
            fate = Fate(MessageStatus.failed, CANNOT_BE_WORDED, checks=checks)
            return await self._settle(asked, fate, now)
        words = Words(ready.to, ready.body, count(ready.body).segments, worded.wording, checks)
        fits = fits_person(situation)
        if not await outbox.claim(self._engine, order, words, now, asked.next_item, fits):
            raise later("this text, or the person's turn, has just been taken", _A_MOMENT)
        self._meter.text_handed_over(now - order.ordered_at)
        return await self._conclude(await asyncio.to_thread(self._sender.send, ready), asked, now)

    async def _keep_back(self, check: Check, situation: Situation, asked: SendOrder) -> SendOutcome:
        """Settle a text that may not go; if the reason passes while the text is of use, wait for that (F13)."""
        now = situation.now
        if check.until is not None and (free := check.until(situation)) < _useful_until(asked.order):
            raise later(check.why, max(free - now, _A_MOMENT))
        return await self._settle(asked, Fate(check.status, check.why, checks=examined(situation)), now)

    async def _conclude(self, outcome: Outcome, asked: SendOrder, now: datetime) -> SendOutcome:
        """What follows from the provider's answer (`sms.md`, outcomes of a create)."""
        match outcome:
            case Accepted(provider_id=sid):
                return await self._settle(asked, Fate(MessageStatus.sent, provider_sid=sid), now)
            case Rejected(error_class=kind, code=code):
                fate = Fate(MessageStatus.failed, kind, str(code) if code else None)
                await self._heed(kind, asked.order, now)
                return await self._settle(asked, fate, now)
            case Retry(reason=reason, retry_after=wait):
                await outbox.settle(self._engine, asked.order, Fate(MessageStatus.pending, reason), now, None)
                raise later(f"not processed: {reason}", _within(wait, asked.order.expires_at - now))
            case Unknown(reason=reason):
                raise later(f"unknown whether it went: {reason}", self._search.patience.look_again)

    async def _heed(self, kind: ErrorClass, order: TextOrder, now: datetime) -> None:
        """The provider knows of an opt-out that never reached us: from now on it is ours too."""
        if kind is ErrorClass.OPT_OUT and order.audience is Audience.client:
            text = await outbox.get(self._engine, order.key)
            await allow_number(self._engine, text.to_number or "", allowed=False, now=now)

    async def _look_for(self, text: OutboxText, asked: SendOrder, now: datetime) -> SendOutcome:
        """A claimed text without an end: find it at the provider, or hand the doubt to a person."""
        try:
            sid = await self._search.provider_id(text)
        except ChannelUnavailable as unavailable:
            if now < asked.order.expires_at:
                raise later(f"cannot look for it: {unavailable}") from None
            return await self._settle(asked, Fate(MessageStatus.unknown, NEVER_FOUND), now)
        if sid is not None:
            return await self._settle(asked, Fate(MessageStatus.sent, provider_sid=sid), now)
        if not self._search.hopeless(text):
            raise later("not listed yet", self._search.patience.look_again)
        return await self._settle(asked, Fate(MessageStatus.unknown, NEVER_FOUND), now)

    async def _settle(self, asked: SendOrder, fate: Fate, now: datetime) -> SendOutcome:
        """Write the end down; what the outbox has, a receipt's faster word perhaps, is what counts."""
        status = await outbox.settle(self._engine, asked.order, fate, now, asked.next_item)
        self._meter.text_settled(asked.order.purpose, status)
        _log.info("text settled", purpose=asked.order.purpose, status=status, reason=fate.reason)
        return SendOutcome(status=status, reason=fate.reason if status is fate.status else None)


def _ready(worded: Worded, order: TextOrder, facts: TextFacts, now: datetime) -> OutgoingText:
    try:
        return OutgoingText(E164(facts.number or ""), worded.body, order.key, order.expires_at - now)
    except ValueError as error:
        raise Unworded(str(error)) from error


def _useful_until(order: TextOrder) -> datetime:
    if order.purpose is TextPurpose.reminder:
        return min((order.expires_at, *order.starts_at))
    return order.expires_at


def _within(wait: timedelta | None, life: timedelta) -> timedelta | None:
    """The provider's wait, but no longer than the text is of use: then it must still be settled (F07)."""
    return None if wait is None else max(min(wait, life), _A_MOMENT)
