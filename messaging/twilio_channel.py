"""Texts through Twilio's Messages API, or through anything that speaks it (the bundled gateway).

The synchronous SDK is used on purpose: its asynchronous client ignores its time limit and posts again on 503.
Run it in a thread.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from http import HTTPStatus
from typing import Any, Final, TypeVar
from urllib.parse import urlencode, urlsplit, urlunsplit

import requests
from twilio.base.exceptions import (  # type: ignore[import-untyped]
    TwilioException,
    TwilioRestException,
    TwilioServiceException,
)
from twilio.rest import Client  # type: ignore[import-untyped]

from messaging.channel import (
    Accepted,
    ChannelUnavailable,
    Outcome,
    OutgoingText,
    ProviderWord,
    ReceivedText,
    Rejected,
    Retry,
    Unknown,
)
from messaging.error_classes import MEANINGS, ErrorClass, classify
from messaging.segments import downgrade
from messaging.twilio_http import OneShotHttpClient, Throttled, is_this_machine, never_connected

INTENT_PARAMETER: Final = "intent"
"""The query parameter of the status callback's URL that carries the intent key."""

_LONGEST_VALIDITY: Final = timedelta(hours=10)
_CLOCKS_DIFFER_BY: Final = timedelta(seconds=5)
_LOOK_AT_MOST: Final = 200
_HOST_REWRITERS: Final = ("TWILIO_EDGE", "TWILIO_REGION")

A = TypeVar("A")


class ChannelMisconfigured(ValueError):  # noqa: N818 - reads as the sentence it is
    """The channel cannot be built from these settings; the message says which one and what to do."""


@dataclass(frozen=True, slots=True)
class TwilioAccount:
    """Whose account, and who the texts come from: a number of the clinic's, a Messaging Service, or both."""

    account_sid: str
    auth_token: str
    from_: str | None = None
    messaging_service_sid: str | None = None

    def __post_init__(self) -> None:
        if not (self.from_ or self.messaging_service_sid):
            raise ChannelMisconfigured(
                "A text needs a sender: set TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID."
            )

    def __repr__(self) -> str:
        return f"TwilioAccount({self.account_sid}, auth_token=…)"


class TwilioChannel:
    """The SMS channel. Safe to share between threads.

    `status_callback` is the public URL of the status webhook. `base_url` replaces https://api.twilio.com.
    """

    def __init__(
        self,
        account: TwilioAccount,
        status_callback: str,
        *,
        base_url: str | None = None,
        connect_timeout: timedelta = timedelta(seconds=5),
        read_timeout: timedelta = timedelta(seconds=15),
        environment: Mapping[str, str] = os.environ,
    ) -> None:
        rewriters = [name for name in _HOST_REWRITERS if environment.get(name)]
        if base_url and rewriters:
            raise ChannelMisconfigured(
                f"{' and '.join(rewriters)} would rewrite the host of {base_url}. Unset one or the other."
            )
        self._account = account
        self._status_callback = status_callback
        http = OneShotHttpClient(
            connect_timeout, read_timeout, use_proxies=not (base_url and is_this_machine(base_url))
        )
        self._client = Client(account.account_sid, account.auth_token, http_client=http)
        if base_url:
            self._client.api.base_url = base_url.rstrip("/")

    def send(self, text: OutgoingText) -> Outcome:
        """Post once and name the outcome (`sms.md`, outcomes of a create)."""
        try:
            message = self._client.messages.create(**self._create_parameters(text))
        except Throttled as throttled:
            return Retry("HTTP 429", throttled.retry_after)
        except (TwilioRestException, TwilioServiceException) as error:
            return _refusal(error.status, error.code)
        except (requests.RequestException, TwilioException, ValueError) as error:
            reason = type(error).__name__
            return Retry(f"never connected: {reason}") if never_connected(error) else Unknown(reason)
        if not message.sid:
            return Unknown("answer without a message SID")
        return Accepted(message.sid, _segments(message.num_segments))

    def find(
        self, to: str, from_: str | None, since: datetime, body: str, *, claimed: Collection[str] = ()
    ) -> str | None:
        earliest, wanted = since - _CLOCKS_DIFFER_BY, _as_compared(body)
        # No date filter: a text still in Twilio's queue has no date_sent and would be left out.
        parameters = {"to": to, "from_": from_} if from_ else {"to": to}
        for message in self._list(limit=_LOOK_AT_MOST, **parameters):
            if message.date_created is not None and message.date_created < earliest:
                break  # newest first
            if (
                message.direction != "inbound"
                and message.sid not in claimed
                and _as_compared(message.body or "") == wanted
            ):
                return str(message.sid)
        return None

    def word_on(self, provider_id: str) -> ProviderWord | None:
        try:
            message = _asked(lambda: self._client.messages(provider_id).fetch())
        except _NotThere:
            return None
        return ProviderWord(str(message.status), message.error_code)

    def received(self, since: datetime) -> tuple[ReceivedText, ...]:
        since = since.astimezone(UTC)  # the SDK formats a local time as if it were UTC
        parameters: dict[str, Any] = {"date_sent_after": since - _CLOCKS_DIFFER_BY}
        if self._account.from_:
            parameters["to"] = self._account.from_
        inbound = [message for message in self._list(**parameters) if message.direction == "inbound"]
        return tuple(
            ReceivedText(
                provider_id=message.sid,
                from_=message.from_ or "",
                to=message.to or "",
                body=message.body or "",
                received_at=message.date_sent or message.date_created,
                media=int(message.num_media or 0),
            )
            for message in reversed(inbound)
        )

    def _list(self, **parameters: Any) -> list[Any]:
        return _asked(lambda: self._client.messages.list(**parameters))

    def _create_parameters(self, text: OutgoingText) -> dict[str, Any]:
        life = min(text.useful_for, _LONGEST_VALIDITY)
        sender = {
            "from_": self._account.from_,
            "messaging_service_sid": self._account.messaging_service_sid,
        }
        return {
            "to": text.to,
            "body": text.body,
            "status_callback": _with_intent(self._status_callback, text.intent_key),
            "validity_period": max(1, int(life.total_seconds())),
            **{name: value for name, value in sender.items() if value},
        }


def _refusal(status: int, code: int | None) -> Outcome:
    """A 4xx is Twilio's word that nothing was sent; any other status proves nothing."""
    if not 400 <= status < 500:
        return Unknown(f"HTTP {status}")
    error_class = classify(code)
    if error_class is ErrorClass.RETRY_LATER:
        return Retry(f"HTTP {status}, Twilio error {code}")
    return Rejected(error_class, code, MEANINGS[error_class].sentence)


class _NotThere(ChannelUnavailable):
    """HTTP 404: of one text an answer, of a list a fault of the configuration."""


def _asked(question: Callable[[], A]) -> A:
    try:
        return question()
    except (Throttled, TwilioException, requests.RequestException, ValueError) as error:
        status = getattr(error, "status", None)
        answer = f"HTTP {status}" if status else type(error).__name__
        kind = _NotThere if status == HTTPStatus.NOT_FOUND else ChannelUnavailable
        # Not chained: the original carries the URL, and with it a telephone number.
        raise kind(f"Twilio could not say what became of a text ({answer}). Ask again later.") from None


def _with_intent(url: str, intent_key: str) -> str:
    parts = urlsplit(url)
    query = "&".join(filter(None, [parts.query, urlencode({INTENT_PARAMETER: intent_key})]))
    return urlunsplit(parts._replace(query=query))


def _segments(stated: str | None) -> int | None:
    """A Messaging Service answers 0: it has not chosen a sender yet."""
    return int(stated) or None if stated else None


def _as_compared(body: str) -> str:
    """Twilio trims bodies and may soften quotes, so texts are compared without such differences."""
    return " ".join(downgrade(body).split())
