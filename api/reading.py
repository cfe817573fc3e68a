"""Reading a request's body where FastAPI's own reading would not do."""

from __future__ import annotations

from typing import Annotated, Any

import orjson
from fastapi import Depends, Request

from api.problems import FieldProblem, invalid


async def json_body(request: Request) -> Any:
    """The body as JSON values; Problem 422 where it is no JSON."""
    try:
        return orjson.loads(await request.body())
    except orjson.JSONDecodeError:
        raise invalid([FieldProblem("body", "This is not JSON.")]) from None


JsonBody = Annotated[Any, Depends(json_body)]
