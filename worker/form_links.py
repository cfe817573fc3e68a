"""Texts that carry the link to an intake form: sent by the send protocol, before there is a plan to send them.

They go at once, also in quiet hours: somebody at the front desk has just promised one to the client.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.handing_in import fate_of
from activities.reconciling import Patience
from activities.send_checks import WhyNot
from activities.sending import NEVER_FOUND
from activities.wording import CANNOT_BE_WORDED
from database import invitation_texts, invitations
from database.invitations import Invitation
from database.site_texts import own_words
from database.sites import site
from messaging.channel import Channel, ChannelUnavailable, OutgoingText
from messaging.form_link import FormLinks, NoLinkKeyError
from messaging.numbers import E164
from messaging.templates import DEFAULT_LANGUAGE, TemplateError, load
from schemas.invitations import InvitedClient
from schemas.messages import MessageStatus

_TEMPLATE: Final = "form_link"

_log = structlog.stdlib.get_logger(__name__)


@dataclass(frozen=True)
class LinkPost:
    """What sends links: the clinic's channel and key, and where the outside reaches the form."""

    engine: AsyncEngine
    channel: Channel
    links: FormLinks
    outside: str
    patience: Patience

    async def round(self, now: datetime) -> None:
        """Send what waits, and look for what was claimed and has no end."""
        for invitation in await invitation_texts.in_line(self.engine):
            if invitation.text_status is MessageStatus.pending:
                await self._send(invitation, now)
            else:
                await self._look_for(invitation, now)

    async def _send(self, invitation: Invitation, now: datetime) -> None:
        client = invitation.client
        if client is None or client.mobile is None or not invitation.is_live(now):
            await self._settle(invitation, MessageStatus.expired)
            return
        if await invitations.opted_out(self.engine, client.mobile):
            await self._settle(invitation, MessageStatus.suppressed, reason=WhyNot.opted_out)
            return
        try:
            body = await self._worded(invitation, client)
        except (TemplateError, NoLinkKeyError) as error:
            _log.error("form link cannot be worded", invitation_id=invitation.id, reason=str(error))
            await self._settle(invitation, MessageStatus.failed, reason=CANNOT_BE_WORDED)
            return
        if not await invitation_texts.claim(self.engine, invitation):
            return
        key = invitation_texts.intent_key(invitation)
        ready = OutgoingText(E164(client.mobile), body, key, invitation.expires_at - now)
        fate = fate_of(await asyncio.to_thread(self.channel.send, ready))
        if fate.status is MessageStatus.unknown:
            # It stays claimed, so that the next round looks for it.
            _log.warning("form link may have gone", invitation_id=invitation.id, reason=fate.reason)
            return
        await self._settle(invitation, fate.status, sid=fate.provider_sid, reason=fate.reason)

    async def _look_for(self, invitation: Invitation, now: datetime) -> None:
        """A claimed text without an end: find it at the provider, or leave the doubt to the front desk (F01)."""
        client, claimed_at = invitation.client, invitation.text_claimed_at
        if client is None or client.mobile is None or claimed_at is None:
            await self._settle(invitation, MessageStatus.unknown, reason=NEVER_FOUND)
            return
        try:
            body = await self._worded(invitation, client)
            sid = await asyncio.to_thread(self.channel.find, E164(client.mobile), None, claimed_at, body)
        except (ChannelUnavailable, TemplateError, NoLinkKeyError) as unavailable:
            _log.warning("form link cannot be looked for", reason=str(unavailable))
            return
        if sid is not None:
            await self._settle(invitation, MessageStatus.sent, sid=sid)
        elif now - claimed_at >= self.patience.give_up_after:
            await self._settle(invitation, MessageStatus.unknown, reason=NEVER_FOUND)

    async def _worded(self, invitation: Invitation, client: InvitedClient) -> str:
        """The text in the site's own words if it has some, with the link in it."""
        words = await own_words(self.engine, client.site_id, DEFAULT_LANGUAGE)
        template = load(DEFAULT_LANGUAGE)[_TEMPLATE]
        if (own := words.get(_TEMPLATE)) is not None:
            template = template.reworded("site", own)
        place = await site(self.engine, client.site_id)
        link = self.links.url(self.outside, invitation.id, invitation.expires_at)
        return template.render({"clinic": place.clinic_name, "phone": place.phone, "form": link})

    async def _settle(
        self,
        invitation: Invitation,
        status: MessageStatus,
        *,
        sid: str | None = None,
        reason: str | None = None,
    ) -> None:
        await invitation_texts.settle(self.engine, invitation, status, sid=sid, reason=reason)
        _log.info("form link settled", invitation_id=invitation.id, status=status, reason=reason)


async def forget_answers(engine: AsyncEngine, now: datetime) -> None:
    """Take the answers out of forms that were not finished in time."""
    forgotten = await invitations.forget_expired(engine, now)
    if forgotten:
        _log.info("unfinished forms forgotten", forms=forgotten)
