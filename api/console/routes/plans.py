"""All plans, one plan, and how to reach its client."""

from __future__ import annotations

from typing import Annotated, Final
from urllib.parse import parse_qsl

import structlog
from fastapi import APIRouter, Query
from starlette.responses import Response, StreamingResponse

from api.console.desk import Desk, TheDesk, allowed
from api.console.flash import Done
from api.console.forms import TheForm, checked
from api.console.permissions import Act
from api.console.plan_list import Wanted, listed
from api.console.plan_page import plan_page
from api.console.plans_csv import lines
from api.plan_at_hand import ThePlan
from api.problems import FieldProblem, invalid
from database.clients import client
from database.plans import Waiting
from database.reveals import note_revealed
from database.saved_views import MOST, drop_view, keep_view, views_of
from database.staff import all_staff
from schemas.commands import Role
from schemas.names import new_id
from schemas.plan import Stage

router = APIRouter(prefix="/plans")

_log = structlog.get_logger(__name__)
_LONGEST_NAME: Final = 60


@router.get("")
async def show_list(at: TheDesk, wanted: Annotated[Wanted, Query()]) -> Response:
    """A page of plans, the last opened first. Ended ones are left out unless asked for."""
    return await _list(at, wanted)


@router.post("/search")
async def search(form: TheForm) -> Response:
    """Plans by a part of the client's name, open or ended; a name travels in no address."""
    name = form.word("q")[:100]
    if not name:
        return form.at.on("/plans")
    return await _list(form.at, Wanted(ended=True), name)


async def _list(at: Desk, wanted: Wanted, name: str | None = None) -> Response:
    engine = at.clinic.engine
    page = await listed(engine, at.own_sites, wanted, name)
    return at.page(
        "plans",
        "plans.html",
        rows=page.rows,
        older=None if name else page.older,
        many_more=bool(name and page.older),
        rhythms={rung.step: rung.label.split(",")[0] for rung in at.clinic.pack.taper_policy.ladder},
        wanted=wanted,
        searched=name,
        stages=list(Stage),
        waits=list(Waiting),
        therapists=await all_staff(engine, site_id=at.site.id, role=Role.treating_physiotherapist),
        views=await views_of(engine, at.member.id),
        key=new_id(),
    )


@router.get("/export.csv", dependencies=[allowed(Act.export_plans)])
async def export(at: TheDesk, wanted: Annotated[Wanted, Query()]) -> Response:
    """The list as a file, with initials for names. That somebody took it is logged."""
    clinical = at.may(Act.read_screening)
    _log.info("plans exported", staff=at.member.id, clinical=clinical)
    headers = {"Content-Disposition": 'attachment; filename="plans.csv"', "Cache-Control": "no-store"}
    found = lines(at.clinic.engine, wanted.chosen(at.own_sites), at.clock, clinical=clinical)
    return StreamingResponse(found, media_type="text/csv; charset=utf-8", headers=headers)


@router.post("/views")
async def keep(form: TheForm) -> Response:
    """Keep the filters of this page under a name; the same name again stands for the new filters."""
    at = form.at
    name, wanted = form.word("name"), checked(Wanted, dict(parse_qsl(form.word("filters"))))
    if not 1 <= len(name) <= _LONGEST_NAME:
        raise invalid([FieldProblem("name", f"Give the view a name of 1 to {_LONGEST_NAME} characters.")])
    if not await keep_view(at.clinic.engine, at.member.id, name, wanted.filters, at=at.clock.now):
        raise invalid([FieldProblem("name", f"You keep {MOST} views already; drop one first.")])
    return at.on("/plans", Done.saved_view, **dict(parse_qsl(wanted.filters)))


@router.post("/views/{view_id}/drop")
async def drop(view_id: str, form: TheForm) -> Response:
    """Drop one's own view."""
    await drop_view(form.at.clinic.engine, form.at.member.id, view_id)
    return form.at.on("/plans", Done.dropped_view)


@router.get("/{plan_id}")
async def show(at: TheDesk, plan: ThePlan) -> Response:
    """The plan's page."""
    return await plan_page(at, plan)


@router.get("/{plan_id}/contact", dependencies=[allowed(Act.see_contact)])
async def ask_for_contact(at: TheDesk, plan: ThePlan) -> Response:
    """The way to the client's name for those who come by an address, or come back: it is shown to a POST only."""
    return at.page("plans", "contact.html", person=None, summary=plan.view.summary)


@router.post("/{plan_id}/contact", dependencies=[allowed(Act.see_contact)])
async def contact(at: TheDesk, plan: ThePlan) -> Response:
    """Who the client is and how to reach them. That somebody looked stands in the plan's audit."""
    engine, summary = at.clinic.engine, plan.view.summary
    await note_revealed(engine, plan.id, at.member.id, max(at.clinic.clock(), summary.updated_at))
    person = await client(engine, plan.state.client_id)
    return at.page("plans", "contact.html", person=person, summary=summary)
