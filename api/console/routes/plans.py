"""All plans, one plan, and how to reach its client."""

from __future__ import annotations

from typing import Annotated, Any
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Query
from pydantic import BeforeValidator
from starlette.responses import Response

from api import cursors
from api.console import words
from api.console.desk import TheDesk, allowed
from api.console.permissions import Act
from api.console.plan_page import plan_page
from api.plan_at_hand import ThePlan
from database.clients import client
from database.plans import PlanFilter, PlanSummary, list_plans
from database.staff import all_staff
from schemas.base import Strict
from schemas.commands import Role
from schemas.plan import Stage

router = APIRouter(prefix="/plans")

_log = structlog.get_logger(__name__)
_ON_A_PAGE = 50


def _unless_blank(value: Any) -> Any:
    return None if value == "" else value


class Wanted(Strict):
    """The filters in the address; a form sends its empty fields too."""

    stage: Annotated[Stage | None, BeforeValidator(_unless_blank)] = None
    therapist: Annotated[str | None, BeforeValidator(_unless_blank)] = None
    q: str = ""
    ended: bool = False
    cursor: Annotated[str | None, BeforeValidator(_unless_blank)] = None
    said: str | None = None


@router.get("")
async def show_list(at: TheDesk, wanted: Annotated[Wanted, Query()]) -> Response:
    """A page of plans, the last opened first. Ended ones are left out unless asked for."""
    engine = at.clinic.engine
    which = PlanFilter(
        stages=frozenset({wanted.stage} if wanted.stage else ()),
        open_only=not wanted.ended and wanted.stage is None,
        therapist_id=wanted.therapist,
        client=wanted.q[:100].strip() or None,
    )
    after = cursors.read(wanted.cursor) if wanted.cursor else None
    page = await list_plans(engine, which, after=after, limit=_ON_A_PAGE)
    kept = {"stage": wanted.stage or "", "therapist": wanted.therapist or "", "q": wanted.q}
    filters = {name: value for name, value in kept.items() if value} | (
        {"ended": "true"} if wanted.ended else {}
    )
    more = urlencode({**filters, "cursor": cursors.written(page.next)}) if page.next else None
    return at.page(
        "plans",
        "plans.html",
        plans=page.plans,
        next_of=_next_of,
        rhythms={rung.step: rung.label.split(",")[0] for rung in at.clinic.pack.taper_policy.ladder},
        wanted=wanted,
        stages=list(Stage),
        therapists=await all_staff(engine, role=Role.treating_physiotherapist),
        more=f"/plans?{more}" if more else None,
        filtered=bool(filters),
    )


def _next_of(summary: PlanSummary) -> str:
    """What is next, in a few words."""
    if summary.next is None:
        return "–"
    return words.NEXT_IN_SHORT.get(summary.next.kind) or words.NEXT[summary.next.kind]


@router.get("/{plan_id}")
async def show(at: TheDesk, plan: ThePlan) -> Response:
    """The plan's page."""
    return await plan_page(at, plan)


@router.get("/{plan_id}/contact", dependencies=[allowed(Act.see_contact)])
async def contact(at: TheDesk, plan: ThePlan) -> Response:
    """Who the client is and how to reach them. That somebody looked is logged, by ids."""
    _log.info("client revealed", staff=at.member.id, client=plan.state.client_id)
    person = await client(at.clinic.engine, plan.state.client_id)
    return at.page("plans", "contact.html", person=person, summary=plan.view.summary)
