"""What the API says about itself, beyond what its routes say."""

from __future__ import annotations

from typing import Any, Final

from fastapi import FastAPI

from api import problems
from schemas.intake import IntakeForm

ABOUT: Final = (
    "Care plans for physiotherapy and assisted-stretching clinics. Times are RFC 3339 with the offset of the "
    "site's zone. Errors are application/problem+json (RFC 9457). The software suggests; a registered "
    "physiotherapist decides."
)

_SCHEMAS: Final = "#/components/schemas/{model}"

PROBLEM_SCHEMA: Final[dict[str, Any]] = {
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

PROBLEM_RESPONSES: Final[dict[int | str, dict[str, Any]]] = {
    "default": {
        "description": "A problem document (RFC 9457).",
        "content": {problems.MEDIA_TYPE: {"schema": PROBLEM_SCHEMA}},
    }
}

INTAKE_BODY: Final[dict[str, Any]] = {
    "requestBody": {
        "required": True,
        "content": {"application/json": {"schema": {"$ref": _SCHEMAS.format(model=IntakeForm.__name__)}}},
    }
}
"""The intake route reads its body itself, so it also says itself what the body looks like."""


def describe(app: FastAPI) -> None:
    """Make `app.openapi()` tell the intake form's schema as well."""
    told = app.openapi

    def with_intake_form() -> dict[str, Any]:
        described = told()
        form = IntakeForm.model_json_schema(ref_template=_SCHEMAS)
        known = described.setdefault("components", {}).setdefault("schemas", {})
        known.update({**form.pop("$defs", {}), IntakeForm.__name__: form})
        return described

    app.openapi = with_intake_form  # type: ignore[method-assign]
