"""Twilio's list of messages: filters, paging and the page's own fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode

from messaging.gateway.creation import mended
from messaging.gateway.errors import TwilioError
from messaging.gateway.message import API_VERSION
from messaging.gateway.state import State, Wanted

_DEFAULT_SIZE: Final = 50
_LARGEST_SIZE: Final = 1000
_TOKEN: Final = re.compile(r"P([AB])([0-9a-f]{32})")
_KEPT: Final = ("To", "From", "DateSent", "DateSent<", "DateSent>")
_DAY: Final = timedelta(days=1)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class _Instant:
    """A filter's date or date-time, as the span it covers."""

    start: datetime
    end: datetime


def list_messages(query: Mapping[str, str], state: State, account_sid: str) -> dict[str, Any]:
    """One page, newest first. Raises TwilioError 20001 for a filter that cannot be read.

    `DateSent<` and `DateSent>` include the day or second they name; a text not sent yet matches no date.
    """
    size, number = _size(query.get("PageSize")), _whole(query.get("Page"), "Page", 0)
    wanted = _wanted(query)
    found = state.page(wanted, size)
    messages = [message for _, message in found]
    kept = [(name, query[name]) for name in _KEPT if query.get(name)]

    def uri(page: int, token: str | None = None) -> str:
        fields = [*kept, ("PageSize", size), ("Page", page), *([("PageToken", token)] if token else [])]
        return f"/{API_VERSION}/Accounts/{account_sid}/Messages.json?{urlencode(fields)}"

    bare = replace(wanted, before=None, after=None)
    older = bool(found) and bool(state.page(replace(bare, before=found[-1][0]), 1))
    newer = bool(found) and bool(state.page(replace(bare, after=found[0][0]), 1))
    return {
        "end": number * size + max(len(messages) - 1, 0),
        "first_page_uri": uri(0),
        "messages": [message.resource(account_sid) for message in messages],
        "next_page_uri": uri(number + 1, f"PA{found[-1][0]:032x}") if older else None,
        "page": number,
        "page_size": size,
        "previous_page_uri": uri(max(number - 1, 0), f"PB{found[0][0]:032x}") if newer else None,
        "start": number * size,
        "uri": uri(number, query.get("PageToken")),
    }


def _wanted(query: Mapping[str, str]) -> Wanted:
    day, until, since = (_read(query.get(name), name) for name in ("DateSent", "DateSent<", "DateSent>"))
    starts = [one.start for one in (day, since) if one]
    ends = [one.end for one in (day, until) if one]
    token = query.get("PageToken")
    match = _TOKEN.fullmatch(token) if token else None
    if token and not match:
        raise TwilioError(20001, "PageToken")
    position = int(match[2], 16) if match else None
    forward = match is not None and match[1] == "A"
    return Wanted(
        to=mended(query.get("To", "")) or None,
        from_=mended(query.get("From", "")) or None,
        sent_from=max(starts) if starts else None,
        sent_until=min(ends) if ends else None,
        before=position if forward else None,
        after=position if match and not forward else None,
    )


def _read(value: str | None, name: str) -> _Instant | None:
    if not value:
        return None
    try:
        at = datetime.fromisoformat(value.replace("Z", "+00:00"))
    except ValueError:
        raise TwilioError(20001, name) from None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    whole_day = name == "DateSent" or "T" not in value.replace(" ", "T")
    start = at.replace(hour=0, minute=0, second=0, microsecond=0) if whole_day else at.replace(microsecond=0)
    return _Instant(start, start + (_DAY if whole_day else _SECOND))


def _size(value: str | None) -> int:
    return min(max(_whole(value, "PageSize", _DEFAULT_SIZE), 1), _LARGEST_SIZE)


def _whole(value: str | None, name: str, otherwise: int) -> int:
    if not value:
        return otherwise
    if not value.isascii() or not value.isdecimal():
        raise TwilioError(20001, name)
    return int(value)
