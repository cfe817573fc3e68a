"""Intake: the form's questions, and a filled-in form that opens a plan."""

from __future__ import annotations

from http import HTTPStatus
from typing import Annotated, Any

import structlog
from fastapi import APIRouter, Header
from starlette.responses import Response

from api.answers import answer
from api.clinic import TheClinic
from api.console.permissions import Act
from api.description import INTAKE_BODY
from api.identity import Who
from api.intake_opening import open_from_intake
from api.permitted import allowed
from api.reading import JsonBody
from api.screening_story import screening_story
from database.plans import plan
from database.sites import site
from schemas.names import new_id

router = APIRouter(prefix="/api/v1", tags=["intake"])

IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=200,
        description="Send the same key with the same form and the first answer comes again.",
    ),
]


@router.post(
    "/intakes",
    dependencies=[allowed(Act.open_intakes)],
    status_code=HTTPStatus.CREATED,
    summary="Open a plan from an intake form",
    openapi_extra=INTAKE_BODY,
)
async def post_intake(clinic: TheClinic, who: Who, body: JsonBody, key: IdempotencyKey = None) -> Response:
    """Screen the form and open its plan. 422 names every wrong field; nothing is stored then."""
    created = await open_from_intake(clinic, who, body, key or new_id())
    structlog.contextvars.bind_contextvars(plan_id=created.plan_id)
    place = await site(clinic.engine, (await plan(clinic.engine, created.plan_id)).summary.site_id)
    return answer(
        {"plan_id": created.plan_id, "screening": screening_story(clinic.pack, created.screening, place)},
        status=HTTPStatus.CREATED,
        headers={"Location": f"/api/v1/plans/{created.plan_id}"},
    )


@router.get("/intake-form", summary="The questions of the intake form")
async def get_intake_form(clinic: TheClinic, _who: Who) -> dict[str, Any]:
    """The intake's own questions and the screening items, as the rule pack asks them."""
    pack = clinic.pack
    return {
        "pack": {"version": pack.version, "hash": pack.content_hash, "status": pack.meta.status},
        "intro": pack.screening.intro,
        "fields": [field.model_dump() for field in pack.intake.fields],
        "items": [
            item.model_dump(
                include={"id", "topic", "q", "type", "options", "option_text", "subfields", "required"}
            )
            for item in pack.screening.items
        ],
        "regions": pack.enums.regions,
        "sides": pack.enums.sides,
        "profiles": list(pack.profiles),
        "conditions": list(pack.conditions),
    }
