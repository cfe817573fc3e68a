"""The API's own page."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse

from api.console.rendering import html
from api.description import ABOUT

router = APIRouter()


@router.get("/docs", include_in_schema=False)
async def docs(request: Request) -> HTMLResponse:
    """Every address with what it does."""
    paths = list(request.app.openapi()["paths"].items())
    return html("api_reference.html", {"about": ABOUT, "paths": paths})
