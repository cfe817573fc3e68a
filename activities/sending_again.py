"""Texts that did not arrive and that a person asked to be sent once more.

The same protocol as for every text: checked, claimed and committed before the POST, settled after it. One whose
answer was lost is never posted again; it is looked for, and a person decides.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime, timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.handing_in import fate_of
from activities.send_checks import Situation, examined, first_reason
from activities.wording import CANNOT_BE_WORDED, Unworded, Wording
from database import outbox
from database.outbox import Fate, OutboxText, Words
from database.outbox_facts import text_facts
from database.retries import waiting_retries
from messaging.channel import OutgoingText, Sender
from messaging.numbers import E164
from messaging.segments import count
from schemas.messages import MessageStatus

_log = structlog.stdlib.get_logger(__name__)


class SendingAgain:
    """Hands second tries over. Safe to run in several places at once: each text is claimed by one."""

    def __init__(
        self, engine: AsyncEngine, sender: Sender, wording: Wording, undo_for: Callable[[], timedelta]
    ) -> None:
        self._engine = engine
        self._sender = sender
        self._wording = wording
        self._undo_for = undo_for

    async def round(self, now: datetime) -> None:
        """Hand over every second try whose time to be taken back has passed."""
        for text in await waiting_retries(self._engine):
            if now >= text.order.ordered_at + self._undo_for():
                await self._send(text, max(now, text.order.ordered_at))

    async def _send(self, text: OutboxText, now: datetime) -> None:
        order = text.order
        facts = await text_facts(self._engine, order, now)
        situation = Situation(order, facts, now)
        check = first_reason(situation)
        if check is not None:
            waits = check.until is not None and check.until(situation) < order.expires_at
            if not waits:
                await self._settle(text, Fate(check.status, check.why, checks=examined(situation)), now)
            return
        try:
            worded = await self._wording.worded(order, facts)
            ready = OutgoingText(E164(facts.number or ""), worded.body, order.key, order.expires_at - now)
        except (Unworded, ValueError) as error:
            _log.error("text cannot be worded", template=order.template, reason=str(error))
            await self._settle(text, Fate(MessageStatus.failed, CANNOT_BE_WORDED), now)
            return
        words = Words(ready.to, ready.body, count(ready.body).segments, worded.wording, examined(situation))
        if await outbox.claim(self._engine, order, words, now, None):
            await self._settle(text, fate_of(await asyncio.to_thread(self._sender.send, ready)), now)

    async def _settle(self, text: OutboxText, fate: Fate, now: datetime) -> None:
        status = await outbox.settle(self._engine, text.order, fate, now, None)
        _log.info("text settled", purpose=text.order.purpose, status=status, reason=fate.reason)
