"""The forms Twilio posts to webhooks, field for field."""

from __future__ import annotations

from typing import Final

import phonenumbers

from messaging.gateway.errand import Errand
from messaging.gateway.message import API_VERSION, Message

_PLACE_FIELDS: Final = ("City", "State", "Zip")


def receipt_fields(message: Message, errand: Errand, account_sid: str) -> list[tuple[str, str]]:
    """The form of a status callback, as of the errand's status."""
    status = (errand.status or message.status).value
    fields = [
        ("SmsSid", message.sid),
        ("SmsStatus", status),
        ("MessageStatus", status),
        ("To", message.to),
        ("MessageSid", message.sid),
        ("AccountSid", account_sid),
        ("From", message.from_ or ""),
        ("ApiVersion", API_VERSION),
    ]
    if message.messaging_service_sid:
        fields.append(("MessagingServiceSid", message.messaging_service_sid))
    if errand.error_code:
        fields.append(("ErrorCode", str(errand.error_code)))
    return fields


def inbound_fields(message: Message, opt_out_type: str | None, account_sid: str) -> list[tuple[str, str]]:
    """The form of an inbound text. Blank fields are sent blank, as Twilio does."""
    fields = [
        ("ToCountry", _country(message.to)),
        *((f"To{place}", "") for place in _PLACE_FIELDS),
        ("SmsMessageSid", message.sid),
        ("NumMedia", str(len(message.media))),
        ("SmsSid", message.sid),
        ("SmsStatus", message.status.value),
        ("Body", message.body),
        ("FromCountry", _country(message.phone)),
        *((f"From{place}", "") for place in _PLACE_FIELDS),
        ("To", message.to),
        ("NumSegments", str(message.segments)),
        ("MessageSid", message.sid),
        ("AccountSid", account_sid),
        ("From", message.phone),
        ("ApiVersion", API_VERSION),
    ]
    for number, url in enumerate(message.media):
        fields += [(f"MediaUrl{number}", url), (f"MediaContentType{number}", "image/jpeg")]
    if opt_out_type:
        fields.append(("OptOutType", opt_out_type))
    if message.messaging_service_sid:
        fields.append(("MessagingServiceSid", message.messaging_service_sid))
    return fields


def _country(number: str) -> str:
    try:
        return phonenumbers.region_code_for_number(phonenumbers.parse(number, None)) or (
            phonenumbers.region_code_for_country_code(phonenumbers.parse(number, None).country_code or 0)
        )
    except phonenumbers.NumberParseException:
        return ""
