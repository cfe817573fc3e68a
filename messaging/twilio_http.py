"""The one HTTP exchange behind a Twilio call: bounded in time, never repeated, quiet about numbers.

The SDK's own client has no time limit unless told, and reads proxies from the environment even for this
machine. It also logs query parameters, which are telephone numbers.
"""

from __future__ import annotations

import ipaddress
import logging
from collections.abc import Iterator
from datetime import timedelta
from typing import Any, Final
from urllib.parse import urlsplit

from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]
from urllib3.exceptions import ConnectTimeoutError, NewConnectionError

_TOO_MANY_REQUESTS: Final = 429
_NEVER_CONNECTED: Final = (NewConnectionError, ConnectTimeoutError)


class Throttled(Exception):  # noqa: N818 - the provider's answer, not a fault
    """HTTP 429: the request was turned away at the door and never processed."""

    def __init__(self, retry_after: timedelta | None) -> None:
        self.retry_after = retry_after
        super().__init__("HTTP 429")


class OneShotHttpClient(TwilioHttpClient):  # type: ignore[misc]
    """The SDK's synchronous client with both time limits set and no retries."""

    def __init__(self, connect_timeout: timedelta, read_timeout: timedelta, *, use_proxies: bool) -> None:
        super().__init__(timeout=read_timeout.total_seconds(), logger=_quiet_logger())
        self.timeout = (connect_timeout.total_seconds(), read_timeout.total_seconds())
        self.session.trust_env = use_proxies

    def request(self, *args: Any, **kwargs: Any) -> Response:
        """The answer to one request. Raises Throttled for HTTP 429, whose header the SDK would drop."""
        response = super().request(*args, **kwargs)
        if response.status_code == _TOO_MANY_REQUESTS:
            raise Throttled(_retry_after(response))
        return response


def is_this_machine(url: str) -> bool:
    """Whether `url` points at this machine, where a proxy could only do harm."""
    host = urlsplit(url).hostname or ""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def never_connected(error: BaseException) -> bool:
    """Whether `error` proves that no connection was made, so that nothing can have been processed."""
    return any(isinstance(cause, _NEVER_CONNECTED) for cause in _causes(error))


def _causes(error: BaseException) -> Iterator[BaseException]:
    waiting, seen = [error], set[int]()
    while waiting:
        cause = waiting.pop()
        if id(cause) in seen:
            continue
        seen.add(id(cause))
        yield cause
        linked = (cause.__cause__, cause.__context__, getattr(cause, "reason", None), *cause.args)
        waiting += [one for one in linked if isinstance(one, BaseException)]


def _retry_after(response: Response) -> timedelta | None:
    """Seconds only; Twilio never sends the date form."""
    value = str((response.headers or {}).get("Retry-After", "")).strip()
    return timedelta(seconds=int(value)) if value.isascii() and value.isdigit() else None


def _quiet_logger() -> logging.Logger:
    logging.getLogger("urllib3.connectionpool").setLevel(logging.INFO)  # its DEBUG lines carry query strings
    logger = logging.getLogger("messaging.twilio_http")
    logger.setLevel(logging.WARNING)
    return logger
