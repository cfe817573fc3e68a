"""Texts that carry the link to an intake form: sent by the send protocol, before there is a plan to send them.

They go at once, also in quiet hours: somebody at the front desk has just promised one to the client.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Final

import structlog

from database import invitation_texts, invitations
from database.invitations import Invitation
from database.site_texts import wordings
from database.sites import site
from messaging.channel import Accepted, ChannelUnavailable, OutgoingText, Rejected, Retry, Unknown
from messaging.error_classes import ErrorClass
from messaging.form_link import FormLinks, NoLinkKeyError
from messaging.numbers import E164
from messaging.templates import DEFAULT_LANGUAGE, Template, TemplateError, load
from schemas.invitations import InvitedClient
from schemas.messages import MessageStatus
from worker.bootstrap import WorkerParts, outside

_TEMPLATE: Final = "form_link"
NEVER_FOUND: Final = "never_found"
CANNOT_BE_WORDED: Final = "cannot_be_worded"

_log = structlog.stdlib.get_logger(__name__)


async def send_form_links(parts: WorkerParts) -> None:
    """Send what waits, and look for what was claimed and has no end."""
    now = datetime.now(UTC)
    for invitation in await invitation_texts.in_line(parts.engine):
        if invitation.text_status is MessageStatus.pending:
            await _send(parts, invitation, now)
        else:
            await _look_for(parts, invitation, now)


async def forget_answers(parts: WorkerParts) -> None:
    """Take the answers out of forms that were not finished in time."""
    forgotten = await invitations.forget_expired(parts.engine, datetime.now(UTC))
    if forgotten:
        _log.info("unfinished forms forgotten", forms=forgotten)


async def _send(parts: WorkerParts, invitation: Invitation, now: datetime) -> None:
    client = invitation.client
    if client is None or client.mobile is None or not invitation.is_live(now):
        await invitation_texts.settle(parts.engine, invitation, MessageStatus.expired)
        return
    if await invitations.opted_out(parts.engine, client.mobile):
        await _settle(parts, invitation, MessageStatus.suppressed, reason="opted_out")
        return
    try:
        body = await _worded(parts, invitation, client)
    except (TemplateError, NoLinkKeyError) as error:
        _log.error("form link cannot be worded", invitation_id=invitation.id, reason=str(error))
        await _settle(parts, invitation, MessageStatus.failed, reason=CANNOT_BE_WORDED)
        return
    if not await invitation_texts.claim(parts.engine, invitation):
        return
    key = invitation_texts.intent_key(invitation)
    ready = OutgoingText(E164(client.mobile), body, key, invitation.expires_at - now)
    match await asyncio.to_thread(parts.channel.send, ready):
        case Accepted(provider_id=sid):
            await _settle(parts, invitation, MessageStatus.sent, sid=sid)
        case Rejected(error_class=kind):
            await _settle(parts, invitation, MessageStatus.failed, reason=ErrorClass(kind).value)
        case Retry(reason=reason):
            await _settle(parts, invitation, MessageStatus.pending, reason=reason)
        case Unknown(reason=reason):
            _log.warning("form link may have gone", invitation_id=invitation.id, reason=reason)


async def _look_for(parts: WorkerParts, invitation: Invitation, now: datetime) -> None:
    """A claimed text without an end: find it at the provider, or leave the doubt to the front desk (F01)."""
    client, claimed_at = invitation.client, invitation.text_claimed_at
    if client is None or client.mobile is None or claimed_at is None:
        await _settle(parts, invitation, MessageStatus.unknown, reason=NEVER_FOUND)
        return
    try:
        body = await _worded(parts, invitation, client)
        sid = await asyncio.to_thread(parts.channel.find, E164(client.mobile), None, claimed_at, body)
    except (ChannelUnavailable, TemplateError, NoLinkKeyError) as unavailable:
        _log.warning("form link cannot be looked for", reason=str(unavailable))
        return
    if sid is not None:
        await _settle(parts, invitation, MessageStatus.sent, sid=sid)
    elif now - claimed_at >= parts.search.patience.give_up_after:
        await _settle(parts, invitation, MessageStatus.unknown, reason=NEVER_FOUND)


async def _worded(parts: WorkerParts, invitation: Invitation, client: InvitedClient) -> str:
    """The text in the site's own words if it has some, with the link in it."""
    settings = parts.settings
    own = await wordings(parts.engine, client.site_id, DEFAULT_LANGUAGE)
    newest = next((one for one in own if one.name == _TEMPLATE), None)
    template = load(DEFAULT_LANGUAGE)[_TEMPLATE]
    if newest is not None and newest.body is not None:
        template = Template(_TEMPLATE, f"site-{newest.version}", newest.body)
    place = await site(parts.engine, client.site_id)
    link = FormLinks(settings.encryption_keys).url(outside(settings), invitation.id, invitation.expires_at)
    return template.render({"clinic": place.clinic_name, "phone": place.phone, "form": link})


async def _settle(
    parts: WorkerParts,
    invitation: Invitation,
    status: MessageStatus,
    *,
    sid: str | None = None,
    reason: str | None = None,
) -> None:
    await invitation_texts.settle(parts.engine, invitation, status, sid=sid, reason=reason)
    _log.info("form link settled", invitation_id=invitation.id, status=status, reason=reason)
