"""How answers are written: JSON, instants as RFC 3339 with the offset of the site's zone (F17)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson
from pydantic import BaseModel
from starlette.responses import Response

UTC_ZONE: Final = "UTC"


def to_json(value: Any) -> bytes:
    """JSON of plain values."""
    return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)


def told(value: Any, zone: str = UTC_ZONE) -> Any:
    """`value` as plain JSON values; every instant in `zone`, every duration as ISO 8601 seconds."""
    return _plain(value, ZoneInfo(zone) if zone != UTC_ZONE else UTC)


def _plain(value: Any, zone: ZoneInfo | Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat()
    if isinstance(value, date | time):
        return value.isoformat()
    if isinstance(value, timedelta):
        return f"PT{int(value.total_seconds())}S"
    if isinstance(value, BaseModel):
        return {name: _plain(getattr(value, name), zone) for name in type(value).model_fields}
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {one.name: _plain(getattr(value, one.name), zone) for one in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): _plain(inner, zone) for key, inner in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(inner, zone) for inner in value]
    return value


def answer(
    value: Any, zone: str = UTC_ZONE, *, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """A JSON response. It is never cached: a plan may change at any moment."""
    return Response(
        to_json(told(value, zone)),
        status_code=int(status),
        media_type="application/json",
        headers={"Cache-Control": "no-store", **(headers or {})},
    )
