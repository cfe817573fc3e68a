"""A text as the gateway keeps it, and as Twilio's API shows it."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import datetime
from email.utils import format_datetime
from enum import StrEnum
from typing import Any, Final

from messaging.gateway.errors import DELIVERY_ERRORS

API_VERSION: Final = "2010-04-01"
_PRICE_OF_A_SEGMENT: Final = 0.04
_PRICE_UNIT: Final = "USD"


class Direction(StrEnum):
    """Who sent it, in Twilio's words."""

    INBOUND = "inbound"
    OUTBOUND_API = "outbound-api"
    OUTBOUND_REPLY = "outbound-reply"


class Status(StrEnum):
    """How far it has come, in Twilio's words."""

    ACCEPTED = "accepted"
    SCHEDULED = "scheduled"
    CANCELED = "canceled"
    QUEUED = "queued"
    SENDING = "sending"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"
    FAILED = "failed"
    RECEIVED = "received"


FINAL: Final = frozenset(
    {Status.CANCELED, Status.DELIVERED, Status.UNDELIVERED, Status.FAILED, Status.RECEIVED}
)
"""Statuses nothing follows; a text may be redacted or deleted from here on."""


SILENT: Final = frozenset({Status.SENDING})
"""Statuses a fetch may show and no status callback tells of."""


@dataclass(frozen=True, slots=True)
class Message:
    """One text. `path` are the statuses still to come; `fate_code` is the error the last of them carries."""

    sid: str
    direction: Direction
    from_: str | None
    to: str
    body: str
    status: Status
    segments: int
    created_at: datetime
    updated_at: datetime
    sent_at: datetime | None = None
    error_code: int | None = None
    media: tuple[str, ...] = ()
    messaging_service_sid: str | None = None
    status_callback: str | None = None
    valid_until: datetime | None = None
    path: tuple[Status, ...] = ()
    fate_code: int | None = None

    @property
    def outbound(self) -> bool:
        return self.direction is not Direction.INBOUND

    @property
    def phone(self) -> str:
        """The client's number, whichever way the text went."""
        return self.to if self.outbound else (self.from_ or "")

    @property
    def sender(self) -> str:
        """What an opt-out of the client holds against: the service if there is one, else the number."""
        own = self.from_ if self.outbound else self.to
        return self.messaging_service_sid or own or ""

    def resource(self, account_sid: str) -> dict[str, Any]:
        """Twilio's message resource: its fields, types and RFC 2822 dates."""
        uri = f"/{API_VERSION}/Accounts/{account_sid}/Messages/{self.sid}"
        unassigned = self.messaging_service_sid is not None and self.from_ is None
        return {
            "account_sid": account_sid,
            "api_version": API_VERSION,
            "body": self.body,
            "date_created": format_datetime(self.created_at),
            "date_sent": format_datetime(self.sent_at) if self.sent_at else None,
            "date_updated": format_datetime(self.updated_at),
            "direction": self.direction.value,
            "error_code": self.error_code,
            "error_message": DELIVERY_ERRORS.get(self.error_code) if self.error_code else None,
            "from": self.from_,
            "messaging_service_sid": self.messaging_service_sid,
            "num_media": str(len(self.media)),
            "num_segments": "0" if unassigned else str(self.segments),
            "price": f"{-_PRICE_OF_A_SEGMENT * self.segments:.5f}" if self.sent_at else None,
            "price_unit": _PRICE_UNIT,
            "sid": self.sid,
            "status": self.status.value,
            "subresource_uris": {"media": f"{uri}/Media.json", "feedback": f"{uri}/Feedback.json"},
            "to": self.to,
            "uri": f"{uri}.json",
        }


def new_sid(*, with_media: bool = False) -> str:
    """A fresh message SID: SM and 32 hex digits, MM where media comes along."""
    return ("MM" if with_media else "SM") + secrets.token_hex(16)
