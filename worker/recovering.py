"""What arrived while the service was off: the provider's own list of what clients sent, read again and again.

The webhook is told of a text as it arrives and asked again only for so long. The list knows them all.
"""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from database import inbound
from database.inbound import ArrivedText
from database.outages import mark_round, round_reached
from database.storable import storable_form
from messaging.channel import Channel, ReceivedText

ROUND: Final = "recover inbound texts"
_OVERLAP: Final = timedelta(minutes=10)
"""How far each look goes back behind the last one: a text may be listed later than it was sent."""
_FURTHEST: Final = timedelta(days=14)

_log = structlog.stdlib.get_logger(__name__)


async def recover_inbound(engine: AsyncEngine, channel: Channel, now: datetime) -> int:
    """Store every listed text that no webhook brought; returns how many. Raises ChannelUnavailable.

    The routing sweep gives them to their plans. A clinic that has never looked begins now: what was sent to its
    number before is not its plans' business.
    """
    reached = await round_reached(engine, ROUND)
    found = 0
    if reached is not None:
        since = max(reached - _OVERLAP, now - _FURTHEST)
        for text in await asyncio.to_thread(channel.received, since):
            stored = await inbound.store(engine, _arrived(text, now))
            found += not stored.repeated
    await mark_round(engine, ROUND, now)
    if found:
        _log.warning("texts recovered from the provider's list", texts=found)
    return found


def _arrived(text: ReceivedText, now: datetime) -> ArrivedText:
    given = {"MessageSid": text.provider_id, "From": text.from_, "To": text.to, "Body": text.body}
    form = storable_form(given.items())
    return ArrivedText(
        provider_sid=text.provider_id,
        from_number=form["From"],
        to_number=form["To"],
        body=form["Body"],
        num_media=text.media,
        raw=form | {"NumMedia": str(text.media), "Recovered": "message list"},
        received_at=text.received_at or now,
    )
