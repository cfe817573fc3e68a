"""Treating by hand, from the plan's page: check-ins by telephone, unwanted effects, the physical assessment."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.asked_treating import AdverseEventAsked, AssessmentAsked, CheckInAsked, FollowUpAsked
from api.console.desk import Desk, TheDesk, allowed
from api.console.flash import Done
from api.console.forms import No, Sent, TheForm, checked, nothing_typed, refusal_shown
from api.console.permissions import Act
from api.console.plan_page import back_on_page
from api.plan_at_hand import PlanAtHand, ThePlan
from api.problems import Problem
from api.routes.treating import (
    assessment_of,
    post_adverse_event,
    post_assessment,
    post_check_in,
    post_follow_up,
)
from api.sheet_of_plan import sheet_of_plan
from schemas.names import new_id
from schemas.refusals import PlanAskFailed
from schemas.treating import AssessmentOutcome

router = APIRouter(prefix="/plans/{plan_id}")

_FINDING = "finding-"


@router.post("/check-ins", dependencies=[allowed(Act.take_check_in)])
async def check_in(plan: ThePlan, form: TheForm) -> Response:
    """The client said a number by telephone or at the desk."""

    async def command() -> Response:
        return await post_check_in(
            checked(CheckInAsked, form.filled("question", "value", "note")), plan, form.ask
        )

    return await back_on_page(form, plan, command(), Done.checked_in)


@router.post("/adverse-events", dependencies=[allowed(Act.report_effect)])
async def report(plan: ThePlan, form: TheForm) -> Response:
    """Something unwanted happened, whatever the cause."""

    async def command() -> Response:
        values = form.filled(
            "grade",
            "description",
            "session_no",
            "region",
            "technique",
            "client_told",
            "software_contributed",
        )
        values["stops"] = form.chosen("stops")
        return await post_adverse_event(checked(AdverseEventAsked, values), plan, form.ask)

    return await back_on_page(form, plan, command(), Done.reported)


@router.post("/adverse-events/{event_id}/follow-up", dependencies=[allowed(Act.report_effect)])
async def follow_up(event_id: str, plan: ThePlan, form: TheForm) -> Response:
    """The client was called or examined; perhaps it is over."""

    async def command() -> Response:
        values = form.filled("note", "grade", "examined", "client_told", "resolved")
        return await post_follow_up(event_id, checked(FollowUpAsked, values), plan, form.ask)

    return await back_on_page(form, plan, command(), Done.followed_up)


@router.get("/assessment", dependencies=[allowed(Act.assess)])
async def show_assessment(at: TheDesk, plan: ThePlan) -> Response:
    """What this client's physical assessment must cover, one field for each item."""
    return await _assessment_page(at, plan)


@router.post("/assessment", dependencies=[allowed(Act.assess)])
async def assess(plan: ThePlan, form: TheForm) -> Response:
    """Recorded by a physiotherapist; an item that is missing is named, and nothing typed is lost."""
    findings = {
        name.removeprefix(_FINDING): form.word(name)
        for name in form.typed
        if name.startswith(_FINDING) and form.word(name)
    }
    values: dict[str, Any] = form.filled("outcome", "reasoning") | {"findings": findings}
    if form.word("narrows") == "yes":
        values["techniques"] = form.chosen("techniques")
    try:
        await post_assessment(checked(AssessmentAsked, values), plan, form.ask)
    except (Problem, PlanAskFailed) as no:
        return await _assessment_page(form.at, plan, no, form)
    return form.at.on(f"/plans/{plan.id}", Done.assessed)


async def _assessment_page(
    at: Desk, plan: PlanAtHand, no: No | None = None, form: Sent | None = None
) -> Response:
    clock = plan.present(at.clinic)
    pack = await at.clinic.pack_by_hash(plan.state.protocol.pack_hash)
    status, refusal = refusal_shown(no, clock.at)
    return at.page(
        "plans",
        "assessment.html",
        status,
        summary=plan.view.summary,
        state=plan.state,
        plan_clock=clock,
        needed=await assessment_of(at.clinic, plan, pack),
        outcomes=list(AssessmentOutcome),
        must_state=pack.physical_assessment.approval.must_state,
        typed=form.typed if form else nothing_typed(),
        chosen=set(form.chosen("techniques")) if form else set(plan.state.protocol.techniques),
        key=form.key_again(refusal) if form else new_id(),
        refusal=refusal,
    )


@router.get("/session-sheet", dependencies=[allowed(Act.read_screening)])
async def show_sheet(at: TheDesk, plan: ThePlan) -> Response:
    """One page for the treatment room: what holds at the next session."""
    pack = await at.clinic.pack_by_hash(plan.state.protocol.pack_hash)
    told = await sheet_of_plan(at.clinic, plan, pack)
    return at.page(
        "plans",
        "session_sheet.html",
        summary=plan.view.summary,
        state=plan.state,
        plan_clock=plan.present(at.clinic),
        sheet=told.sheet,
        day_before=told.day_before,
        pack_status=pack.meta.status,
    )
