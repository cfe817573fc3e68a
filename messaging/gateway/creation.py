"""From the form of a create to a text, or to the refusal Twilio would give.

Checks run in Twilio's order: sender, recipient, content, the test credentials' magic numbers, opt-out.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

import phonenumbers

from messaging.gateway.errand import Errand, ErrandKind
from messaging.gateway.errors import TwilioError
from messaging.gateway.faults import FaultKind, Faults
from messaging.gateway.message import Direction, Message, Status, new_sid
from messaging.gateway.state import State
from messaging.segments import count, downgrade

# Twilio's magic numbers for test credentials; they refuse here whatever the credentials.
_MAGIC_FROM: Final[Mapping[str, int]] = {"+15005550001": 21212, "+15005550007": 21606, "+15005550008": 21611}
_MAGIC_TO: Final[Mapping[str, int]] = {
    "+15005550001": 21211,
    "+15005550002": 21612,
    "+15005550003": 21408,
    "+15005550004": 21610,
    "+15005550009": 21614,
}
_MAGIC_RANGE: Final = "+1500555"
_LONGEST_BODY: Final = 1600
_MOST_MEDIA: Final = 10
_VALIDITY_SECONDS: Final = range(1, 36_001)
_SCHEDULE_AHEAD: Final = (timedelta(seconds=900), timedelta(days=35))
_SERVICE_SID: Final = re.compile(r"MG[0-9a-fA-F]{32}")
_ALPHANUMERIC_SENDER: Final = re.compile(r"(?=.*[A-Za-z])[A-Za-z0-9 +&_-]{1,11}")
_SHORT_CODE: Final = re.compile(r"\d{3,8}")

_ARRIVES: Final = (Status.SENDING, Status.SENT, Status.DELIVERED)
_NOBODY_KNOWS: Final = (Status.SENDING, Status.SENT)
_NEVER_ARRIVES: Final = (Status.SENDING, Status.SENT, Status.UNDELIVERED)
_NEVER_LEAVES: Final = (Status.FAILED,)


@dataclass(frozen=True, slots=True)
class Form:
    """The fields of a request; repeated names keep their order."""

    pairs: Sequence[tuple[str, str]]

    def get(self, name: str) -> str | None:
        return next((value for key, value in self.pairs if key == name), None)

    def number(self, name: str) -> str | None:
        """A telephone number; the `+` that a form turned into a space is put back, as Twilio does."""
        value = self.get(name)
        return mended(value) if value else value

    def all(self, name: str) -> tuple[str, ...]:
        return tuple(value for key, value in self.pairs if key == name and value)


@dataclass(frozen=True, slots=True)
class Creation:
    """A text to be kept, and the errand that starts it on its way."""

    message: Message
    first: Errand


def create(form: Form, state: State, faults: Faults, *, default_callback: str | None) -> Creation:
    """The text that `form` asks for. Raises TwilioError with Twilio's code."""
    now = datetime.now(UTC)
    service = form.get("MessagingServiceSid") or None
    from_ = _sender(form.number("From"), service)
    to = _recipient(form.number("To"), from_)
    body, media = _content(form)
    callback = _callback(form.get("StatusCallback")) or default_callback
    valid_until = _valid_until(form.get("ValidityPeriod"), now)
    send_at = _send_at(form, service, now)
    opted_out = state.opted_out(to, service or from_ or "")
    if opted_out and not service:
        raise TwilioError(21610)
    path, fate_code = _fate(to, faults, opted_out=opted_out)
    first_status = Status.SCHEDULED if send_at else Status.ACCEPTED if service else Status.QUEUED
    message = Message(
        sid=new_sid(with_media=bool(media)),
        direction=Direction.OUTBOUND_API,
        from_=None if service else from_,
        to=to,
        body=body,
        status=first_status,
        segments=count(body).segments,
        created_at=now,
        updated_at=now,
        media=media,
        messaging_service_sid=service,
        status_callback=callback,
        valid_until=valid_until,
        path=(Status.QUEUED, *path) if service else path,
        fate_code=fate_code,
    )
    return Creation(message, Errand(ErrandKind.ADVANCE, message.sid, send_at or now, secrets.token_hex(8)))


def reply(to: str, from_: str, body: str, service: str | None = None) -> Creation:
    """A text that answers an inbound one: TwiML's, or Twilio's own about opting out."""
    now = datetime.now(UTC)
    message = Message(
        sid=new_sid(),
        direction=Direction.OUTBOUND_REPLY,
        from_=from_,
        to=to,
        body=body,
        status=Status.QUEUED,
        segments=count(body).segments,
        created_at=now,
        updated_at=now,
        messaging_service_sid=service,
        path=_ARRIVES,
    )
    return Creation(message, Errand(ErrandKind.ADVANCE, message.sid, now, secrets.token_hex(8)))


def mended(number: str) -> str:
    """A number whose `+` was sent unescaped in a form or an address, and so arrived as a space."""
    return f"+{number[1:]}" if number[:1] == " " and number[1:].isdecimal() else number


def is_number(value: str) -> bool:
    """Whether `value` is a telephone number in E.164 form; Ofcom's drama numbers and magic ones count."""
    if value.startswith(_MAGIC_RANGE):
        return value[1:].isdecimal()
    try:
        number = phonenumbers.parse(value, None)
    except phonenumbers.NumberParseException:
        return False
    e164 = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
    return e164 == value and phonenumbers.is_possible_number(number)


def _sender(from_: str | None, service: str | None) -> str | None:
    if service:
        if not _SERVICE_SID.fullmatch(service):
            raise TwilioError(21606, service)
    elif not from_:
        raise TwilioError(21603)
    if from_ is not None and from_ in _MAGIC_FROM:
        raise TwilioError(_MAGIC_FROM[from_], from_)
    if from_ and not (
        is_number(from_) or _SHORT_CODE.fullmatch(from_) or _ALPHANUMERIC_SENDER.fullmatch(from_)
    ):
        raise TwilioError(21212, from_)
    return from_ or None


def _recipient(to: str | None, from_: str | None) -> str:
    if not to:
        raise TwilioError(21604)
    if to in _MAGIC_TO:
        raise TwilioError(_MAGIC_TO[to], to)
    if not is_number(to):
        raise TwilioError(21211, to)
    if to == from_:
        raise TwilioError(21266, to)
    return to


def _content(form: Form) -> tuple[str, tuple[str, ...]]:
    body, media = form.get("Body") or "", form.all("MediaUrl")
    if not body.strip() and not media:
        raise TwilioError(21602)
    if len(body) > _LONGEST_BODY:
        raise TwilioError(21617)
    if len(media) > _MOST_MEDIA:
        raise TwilioError(21623)
    return (downgrade(body) if form.get("SmartEncoded") == "true" else body), media


def _callback(url: str | None) -> str | None:
    if not url:
        return None
    try:
        parts = urlsplit(url)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        usable = False
    if not usable:
        raise TwilioError(21609, url)
    return url


def _valid_until(seconds: str | None, now: datetime) -> datetime | None:
    if not seconds:
        return None
    if not seconds.isdecimal() or int(seconds) not in _VALIDITY_SECONDS:
        raise TwilioError(20001, "ValidityPeriod")
    return now + timedelta(seconds=int(seconds))


def _send_at(form: Form, service: str | None, now: datetime) -> datetime | None:
    """Scheduling is for Messaging Services only; without one Twilio drops it and sends at once."""
    if form.get("ScheduleType") != "fixed" or not service:
        return None
    try:
        at = datetime.fromisoformat((form.get("SendAt") or "").replace("Z", "+00:00"))
    except ValueError:
        raise TwilioError(20001, "SendAt") from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    soonest, latest = _SCHEDULE_AHEAD
    if not soonest <= at - now <= latest:
        raise TwilioError(35114)
    return at


def _fate(to: str, faults: Faults, *, opted_out: bool) -> tuple[tuple[Status, ...], int | None]:
    if opted_out:  # a service has accepted the text before it looks
        return _NEVER_LEAVES, 21610
    if failed := faults.strike(FaultKind.FAILED, to):
        return _NEVER_LEAVES, failed.code
    if unreachable := faults.strike(FaultKind.UNREACHABLE, to):
        return _NEVER_ARRIVES, unreachable.code
    if faults.strike(FaultKind.UNCONFIRMED, to):
        return _NOBODY_KNOWS, None
    return _ARRIVES, None
