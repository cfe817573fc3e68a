"""Reading a request's body where FastAPI's own reading would not do."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any, Final

import orjson
from fastapi import Depends, Request

from api.problems import FieldProblem, Problem, invalid

_LARGEST: Final = 256 * 1024


async def json_body(request: Request) -> Any:
    """The body as JSON values; Problem 422 where it is no JSON, 413 where it is far too long."""
    raw = await limited_body(request)
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise invalid([FieldProblem("body", "This is not JSON.")]) from None


async def limited_body(request: Request) -> bytes:
    """The raw body, as long as it is of a reasonable size."""
    raw = bytearray()
    async for part in request.stream():
        raw += part
        if len(raw) > _LARGEST:
            raise Problem(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
                "too_long",
                f"The body is longer than {_LARGEST // 1024} KiB; send less at once.",
            )
    return bytes(raw)


JsonBody = Annotated[Any, Depends(json_body)]
