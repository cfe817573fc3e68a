"""A text that certainly did not arrive goes by e-mail instead: once, if the client agreed (F10).

The same protocol as for texts: claimed and committed before the mail is handed in, settled after it. A mail whose
answer was lost is never handed in again; a person looks.
"""

from __future__ import annotations

import asyncio
from datetime import datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.handing_in import fate_of
from activities.send_checks import Situation, examined, first_reason
from activities.wording import CANNOT_BE_WORDED, Unworded, Wording
from database import fallbacks, outbox
from database.fallbacks import Fallback
from database.outbox import Fate, Words
from database.outbox_facts import text_facts
from messaging.channel import OutgoingText, Sender
from schemas.messages import ChannelName, MessageStatus

_log = structlog.stdlib.get_logger(__name__)


class EmailFallback:
    """Mails in place of texts. Safe to run in several places at once: each mail is claimed by one."""

    def __init__(self, engine: AsyncEngine, sender: Sender, wording: Wording) -> None:
        self._engine = engine
        self._sender = sender
        self._wording = wording

    async def round(self, now: datetime) -> None:
        """Find texts that failed for good, and hand in what stands for them."""
        await fallbacks.enter_fallbacks(self._engine, now)
        for one in await fallbacks.waiting_mails(self._engine):
            await self._send(one, max(now, one.text.order.ordered_at))

    async def _send(self, fallback: Fallback, now: datetime) -> None:
        order = fallback.text.order
        facts = await text_facts(self._engine, order, now)
        situation = Situation(order, facts, now, ChannelName.email)
        check = first_reason(situation)
        if check is not None:
            await self._settle(fallback, Fate(check.status, check.why, checks=examined(situation)), now)
            return
        try:
            worded, subject = await self._wording.mail(order, facts)
        except Unworded as error:
            _log.error("mail cannot be worded", template=order.template, reason=str(error))
            await self._settle(fallback, Fate(MessageStatus.failed, CANNOT_BE_WORDED), now)
            return
        mail = OutgoingText(fallback.address, worded.body, order.key, order.expires_at - now, subject)
        words = Words(mail.to, mail.body, 0, worded.wording, examined(situation))
        if await outbox.claim(self._engine, order, words, now, None):
            await self._settle(fallback, fate_of(await asyncio.to_thread(self._sender.send, mail)), now)

    async def _settle(self, fallback: Fallback, fate: Fate, now: datetime) -> None:
        status = await outbox.settle(self._engine, fallback.text.order, fate, now, None)
        _log.info("mail settled", plan_id=fallback.text.order.plan_id, status=status, reason=fate.reason)
