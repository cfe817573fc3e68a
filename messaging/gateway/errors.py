"""Twilio's error codes as the gateway answers them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

_MORE_INFO: Final = "https://www.twilio.com/docs/errors/"

REFUSALS: Final[Mapping[int, tuple[int, str]]] = {
    20001: (400, "Invalid parameter: {value}"),
    20003: (401, "Authenticate"),
    20004: (405, "Method not allowed"),
    20009: (409, "Cannot change message {value} because delivery has not been completed."),
    20404: (404, "The requested resource {value} was not found"),
    20429: (429, "Too Many Requests"),
    20500: (500, "An internal server error has occurred"),
    21211: (400, "Invalid 'To' Phone Number: {value}"),
    21212: (400, "Invalid From Number (caller ID): {value}"),
    21266: (400, "'To' and 'From' number cannot be the same: {value}"),
    21408: (400, "Permission to send an SMS has not been enabled for the region of the 'To' number: {value}"),
    21602: (400, "Message body is required."),
    21603: (400, "A 'From' phone number is required."),
    21604: (400, "A 'To' phone number is required."),
    21606: (400, "The 'From' phone number {value} is not a valid, message-capable Twilio phone number"),
    21609: (400, "The 'StatusCallback' URL {value} is not a valid URL."),
    21610: (400, "Attempt to send to unsubscribed recipient"),
    21611: (400, "This 'From' number has exceeded the maximum number of queued messages"),
    21612: (400, "The 'To' phone number: {value}, is not currently reachable using the 'From' number"),
    21614: (400, "'To' number is not a valid mobile number: {value}"),
    21617: (400, "The concatenated message body exceeds the 1600 character limit."),
    21623: (400, "Number of media files exceeds allowed limit of 10"),
    21635: (400, "'To' number cannot be a landline: {value}"),
    30409: (409, "Message cannot be canceled: {value}"),
    35114: (400, "SendAt must be between 900 seconds and 35 days in the future."),
}
"""Code → HTTP status and message of an error answer."""

DELIVERY_ERRORS: Final[Mapping[int, str]] = {
    21610: "Attempt to send to unsubscribed recipient",
    30001: "Queue overflow",
    30002: "Account suspended",
    30003: "Unreachable destination handset",
    30004: "Message blocked",
    30005: "Unknown destination handset",
    30006: "Landline or unreachable carrier",
    30007: "Carrier violation",
    30008: "Unknown error",
    30034: "US A2P 10DLC - Message from an Unregistered Number",
    30036: "Validity Period Expired",
    30450: "Message delivery blocked",
    30500: "Message request failed internally",
}
"""Code → `error_message` of a text that did not arrive."""


class TwilioError(Exception):
    """A refusal with Twilio's code. `value` fills the message's gap."""

    def __init__(self, code: int, value: str = "", *, retry_after: float | None = None) -> None:
        self.code = code
        self.status, message = REFUSALS[code]
        self.message = message.format(value=value)
        self.retry_after = retry_after
        super().__init__(f"{code}: {self.message}")

    def body(self) -> dict[str, Any]:
        """The error body `{code, message, more_info, status}`."""
        return {
            "code": self.code,
            "message": self.message,
            "more_info": f"{_MORE_INFO}{self.code}",
            "status": self.status,
        }
