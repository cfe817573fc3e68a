"""What a channel's answer to a text or mail handed in means for its row (`sms.md`, outcomes of a create)."""

from __future__ import annotations

from database.outbox import Fate
from messaging.channel import Accepted, Outcome, Rejected, Retry, Unknown
from schemas.messages import MessageStatus


def fate_of(outcome: Outcome) -> Fate:
    """How it ended; `pending` is tried again, because the other side certainly did not take it."""
    match outcome:
        case Accepted(provider_id=message_id):
            return Fate(MessageStatus.sent, provider_sid=message_id)
        case Rejected(error_class=kind, code=code):
            return Fate(MessageStatus.failed, kind, str(code) if code else None)
        case Retry(reason=reason):
            return Fate(MessageStatus.pending, reason)
        case Unknown(reason=reason):
            return Fate(MessageStatus.unknown, reason)
