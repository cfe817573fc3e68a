"""Steering a plan from its page: hold, resume, end; move and cancel sessions. Each is the API's own command."""

from __future__ import annotations

from http import HTTPStatus

from fastapi import APIRouter
from starlette.responses import Response

from api.asked import AmendAsked, CancelAsked, HoldAsked, NeededReasonAsked, ReasonAsked, RescheduleAsked
from api.console.desk import allowed
from api.console.flash import Done
from api.console.forms import Sent, TheForm, checked, local_moment
from api.console.goal_form import goal_asked
from api.console.permissions import Act
from api.console.plan_page import back_on_page, plan_page
from api.plan_at_hand import PlanAtHand, ThePlan
from api.problems import FieldProblem, Problem, invalid
from api.routes.sessions import post_cancel, post_reschedule
from api.routes.steering import post_amend, post_discharge, post_hold, post_resume, post_withdraw
from database.undo import take_back

router = APIRouter(prefix="/plans/{plan_id}")


@router.post("/hold", dependencies=[allowed(Act.hold_or_resume)])
async def hold(plan: ThePlan, form: TheForm) -> Response:
    """Hold the plan, with a reason and perhaps an end."""

    async def command() -> Response:
        until = form.word("until")
        values = form.filled("reason") | ({"until": local_moment(until, plan.zone, "until")} if until else {})
        return await post_hold(checked(HoldAsked, values), plan, form.ask)

    return await back_on_page(form, plan, command(), Done.held)


@router.post("/resume", dependencies=[allowed(Act.hold_or_resume)])
async def resume(plan: ThePlan, form: TheForm) -> Response:
    """End a hold; after a safety pause this opens the therapist's approval."""

    async def command() -> Response:
        return await post_resume(plan, form.ask, checked(ReasonAsked, form.filled("reason")))

    return await back_on_page(form, plan, command(), Done.resumed)


@router.post("/withdraw", dependencies=[allowed(Act.withdraw)])
async def withdraw(plan: ThePlan, form: TheForm) -> Response:
    """The client stops."""

    async def command() -> Response:
        return await post_withdraw(plan, form.ask, checked(ReasonAsked, form.filled("reason")))

    return await back_on_page(form, plan, command(), Done.withdrawn)


@router.post("/discharge", dependencies=[allowed(Act.decide)])
async def discharge(plan: ThePlan, form: TheForm) -> Response:
    """A therapist ends a plan that cannot or need not go on."""

    async def command() -> Response:
        return await post_discharge(checked(NeededReasonAsked, form.filled("reason")), plan, form.ask)

    return await back_on_page(form, plan, command(), Done.discharged)


_AMENDED = ("start_step", "therapist", "session_minutes", "planned_weeks", "home_days_per_week")


@router.post("/amend", dependencies=[allowed(Act.decide)])
async def amend(plan: ThePlan, form: TheForm) -> Response:
    """Change a running plan; fields that are left empty change nothing."""

    async def command() -> Response:
        edit = form.filled(*_AMENDED) | goal_asked(form)
        allowed_before, allowed_now = form.chosen("allowed_before"), form.chosen("surgical_techniques")
        if form.word("reads_techniques") and set(allowed_before) != set(allowed_now):
            edit["surgical_techniques"] = allowed_now
        if not edit:
            raise invalid([FieldProblem("edit", "Say what should change; every field was left empty.")])
        return await post_amend(checked(AmendAsked, form.filled("reason") | {"edit": edit}), plan, form.ask)

    return await back_on_page(form, plan, command(), Done.amended)


@router.post("/regions", dependencies=[allowed(Act.decide)])
async def change_regions(plan: ThePlan, form: TheForm) -> Response:
    """Other parts of the body to treat; the plan's own rules say what follows."""

    async def command() -> Response:
        chosen = form.chosen("target_regions")
        if not chosen:
            raise invalid([FieldProblem("target_regions", "Tick at least one part of the body.")])
        values = form.filled("reason") | {"edit": {"target_regions": chosen}}
        return await post_amend(checked(AmendAsked, values), plan, form.ask)

    return await back_on_page(form, plan, command(), Done.regions_changed)


@router.post("/texts/undo")
async def undo(plan: ThePlan, form: TheForm) -> Response:
    """Take one's own text back while it waits; once it has begun to go there is no way back, and we say so."""
    at, key = form.at, form.word("text")
    now = max(at.clinic.clock(), plan.view.summary.updated_at)
    if await take_back(at.clinic.engine, plan.id, key, at.member.id, now):
        return at.on(f"/plans/{plan.id}", Done.undone)
    gone = Problem(
        HTTPStatus.CONFLICT,
        "text_gone",
        "The text has gone out already, or was taken back before. The plan's page shows what became of it.",
    )
    return await plan_page(at, plan, gone)


@router.post("/sessions/{number}/move", dependencies=[allowed(Act.move_sessions)])
async def move(number: int, plan: ThePlan, form: TheForm) -> Response:
    """Another time for a session; a taken one names those that are free nearby."""

    async def command() -> Response:
        _seen_as_it_is(form, plan, number)
        starts_at = local_moment(form.word("starts_at"), plan.zone, "starts_at")
        return await post_reschedule(number, RescheduleAsked(starts_at=starts_at), plan, form.ask)

    return await back_on_page(form, plan, command(), Done.moved)


@router.post("/sessions/{number}/cancel", dependencies=[allowed(Act.move_sessions)])
async def cancel(number: int, plan: ThePlan, form: TheForm) -> Response:
    """Cancel one session, for the client or for the clinic."""

    async def command() -> Response:
        _seen_as_it_is(form, plan, number)
        asked = CancelAsked(by_clinic=form.word("by_clinic") == "yes")
        return await post_cancel(number, plan, form.ask, asked)

    return await back_on_page(form, plan, command(), Done.cancelled)


def _seen_as_it_is(form: Sent, plan: PlanAtHand, number: int) -> None:
    """Problem 409 if the session has another time than the page showed: nobody moves what they have not seen."""
    session, seen = plan.state.session(number), form.word("seen")
    repeated = form.ask.id in plan.state.recent_commands
    if session is None or repeated or not seen or seen == str(session.revision):
        return
    raise Problem(
        HTTPStatus.CONFLICT,
        "session_moved_meanwhile",
        f"Somebody has moved session {number} since this page was opened. Its time now is shown below.",
    )
