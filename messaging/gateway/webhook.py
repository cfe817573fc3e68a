"""Posting a signed webhook the way Twilio does, with the connection overrides of its URL.

Overrides are in the fragment: `rc` retries (0-5, default 1), `rp` what to retry (`4xx`, `5xx`, `ct` connect,
`rt` read, `all`; default `ct`), `ct` and `rt` time limits in milliseconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import parse_qs, urldefrag, urlencode

import httpx2

from messaging.signature import HEADER, sign

_CONNECT_MS: Final = 5_000
_READ_MS: Final = 15_000
_MOST_RETRIES: Final = 5
_USER_AGENT: Final = "TwilioProxy/1.1"


@dataclass(frozen=True, slots=True)
class Overrides:
    """What the URL's fragment asks for. `policy` are the kinds of failure worth another attempt."""

    retries: int
    policy: frozenset[str]
    connect_seconds: float
    read_seconds: float

    @classmethod
    def of(cls, url: str) -> Overrides:
        asked = {name: values[-1] for name, values in parse_qs(urldefrag(url).fragment).items()}
        return cls(
            retries=min(_number(asked.get("rc"), 1), _MOST_RETRIES),
            policy=frozenset(asked.get("rp", "ct").split(",")),
            connect_seconds=_number(asked.get("ct"), _CONNECT_MS) / 1000,
            read_seconds=_number(asked.get("rt"), _READ_MS) / 1000,
        )


@dataclass(frozen=True, slots=True)
class Delivered:
    """How a webhook was taken. `status` None means no answer, and `failure` says which kind."""

    status: int | None
    body: str = ""
    failure: str | None = None

    @property
    def ok(self) -> bool:
        return self.status is not None and self.status < 400

    def worth_retrying(self, attempt: int, overrides: Overrides) -> bool:
        """Whether Twilio would try again after this, the `attempt`-th attempt (from 0)."""
        if self.ok or attempt >= overrides.retries:
            return False
        kind = self.failure or ("5xx" if (self.status or 0) >= 500 else "4xx")
        return bool({kind, "all"} & overrides.policy)


class WebhookClient:
    """Posts signed forms. One for the life of the gateway."""

    def __init__(self, auth_token: str) -> None:
        self._auth_token = auth_token
        # No proxies from the environment: webhooks of a local gateway stay on this machine.
        self._http = httpx2.AsyncClient(trust_env=False, follow_redirects=False)

    async def close(self) -> None:
        await self._http.aclose()

    async def post(self, url: str, fields: Sequence[tuple[str, str]], token: str) -> Delivered:
        """Post once. `token` is the same over the retries of one webhook. Never raises."""
        overrides = Overrides.of(url)
        target = urldefrag(url).url
        limits = httpx2.Timeout(overrides.read_seconds, connect=overrides.connect_seconds)
        headers = {
            "Content-Type": "application/x-www-form-urlencoded; charset=UTF-8",
            "Accept": "*/*",
            "User-Agent": _USER_AGENT,
            "I-Twilio-Idempotency-Token": token,
            HEADER: sign(self._auth_token, target, fields),
        }
        try:
            answer = await self._http.post(target, content=urlencode(fields), headers=headers, timeout=limits)
        except (httpx2.ConnectError, httpx2.ConnectTimeout):
            return Delivered(None, failure="ct")
        except (httpx2.HTTPError, httpx2.InvalidURL):
            return Delivered(None, failure="rt")
        return Delivered(answer.status_code, answer.text)


def _number(text: str | None, otherwise: int) -> int:
    return int(text) if text and text.isdecimal() else otherwise
