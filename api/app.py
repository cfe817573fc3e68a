"""The HTTP application, put together from what one process built."""

from __future__ import annotations

from typing import Any, Final

from fastapi import APIRouter, FastAPI

from api import problems
from api.clinic import Clinic
from api.edge import RequestEdge
from api.log_in_limit import LogInLimit
from api.routes import (
    alerts,
    approvals,
    attention,
    health,
    intakes,
    login,
    plans,
    sessions,
    steering,
    webhooks,
)

ROUTERS: Final[tuple[APIRouter, ...]] = tuple(
    group.router
    for group in (health, login, intakes, plans, sessions, steering, approvals, alerts, attention, webhooks)
)

_ABOUT: Final = (
    "Care plans for physiotherapy and assisted-stretching clinics. Times are RFC 3339 with the offset of the "
    "site's zone. Errors are application/problem+json (RFC 9457). The software suggests; a registered "
    "physiotherapist decides."
)


def create_app(clinic: Clinic) -> FastAPI:
    """The application over one clinic. It owns no connection: whoever built the clinic closes it."""
    app = FastAPI(
        title="Limber",
        version="1",
        description=_ABOUT,
        docs_url=None,
        redoc_url=None,
        responses=_PROBLEMS,
    )
    app.state.clinic = clinic
    app.state.log_in_limit = LogInLimit()
    problems.install(app)
    for router in ROUTERS:
        app.include_router(router)
    app.add_middleware(RequestEdge, metrics=clinic.metrics, https=clinic.secure_cookies)
    return app


_PROBLEM_SCHEMA: Final[dict[str, Any]] = {
    "type": "object",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; programs decide by it."},
        "detail": {"type": "string", "description": "For the person who asked."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "properties": {"field": {"type": "string"}, "reason": {"type": "string"}},
            },
        },
        "alternatives": {"type": "array", "items": {"type": "string", "format": "date-time"}},
    },
}

_PROBLEMS: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "A problem document (RFC 9457).",
        "content": {problems.MEDIA_TYPE: {"schema": _PROBLEM_SCHEMA}},
    }
}
