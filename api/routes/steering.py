"""Steering a plan: hold and resume, withdraw, discharge, amend, ask the screening questions again."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from api.asked import AmendAsked, HoldAsked, NeededReasonAsked, ReasonAsked, RescreenAsked
from api.commanding import Ask
from api.console.permissions import Act
from api.edits import new_regions, protocol_edit
from api.intake_reading import AGE_ITEM
from api.permitted import allowed
from api.plan_at_hand import ThePlan
from api.problems import FieldProblem, invalid
from care.asking_again import asked_again
from care.screening import validate_answers
from database.forms import keep_form, latest_form
from schemas.commands import Amend, CommandReply, DischargePlan, PausePlan, ResumePlan, Withdraw

router = APIRouter(prefix="/api/v1/plans/{plan_id}", tags=["steering"])


@router.post(
    "/hold", dependencies=[allowed(Act.hold_or_resume)], summary="Hold a plan", response_model=CommandReply
)
async def post_hold(asked: HoldAsked, plan: ThePlan, ask: Ask) -> Response:
    """Sessions inside the pause are held; nothing routine is texted."""
    reason_id = await ask.note(plan.id, "hold", asked.reason)
    return await plan.told(ask, PausePlan(reason_id=reason_id, until=asked.until))


@router.post(
    "/resume", dependencies=[allowed(Act.hold_or_resume)], summary="End a hold", response_model=CommandReply
)
async def post_resume(plan: ThePlan, ask: Ask, asked: ReasonAsked | None = None) -> Response:
    """After a safety pause this opens the therapist's approval; it never resumes by itself (MID-3)."""
    reason_id = await ask.note(plan.id, "resume", asked.reason if asked else None)
    return await plan.told(ask, ResumePlan(reason_id=reason_id))


@router.post(
    "/withdraw", dependencies=[allowed(Act.withdraw)], summary="The client stops", response_model=CommandReply
)
async def post_withdraw(plan: ThePlan, ask: Ask, asked: ReasonAsked | None = None) -> Response:
    """Always honoured, at once, with no approval (P5)."""
    reason_id = await ask.note(plan.id, "withdraw", asked.reason if asked else None)
    return await plan.told(ask, Withdraw(reason_id=reason_id))


@router.post("/discharge", summary="A therapist ends the plan", response_model=CommandReply)
async def post_discharge(asked: NeededReasonAsked, plan: ThePlan, ask: Ask) -> Response:
    """For a plan that cannot or need not go on; a discharge that the policy proposes is decided as an approval."""
    reason_id = await ask.note(plan.id, "discharge", asked.reason)
    return await plan.told(ask, DischargePlan(reason_id=reason_id or ""))


@router.post("/amend", summary="Change a running plan's protocol", response_model=CommandReply)
async def post_amend(asked: AmendAsked, plan: ThePlan, ask: Ask) -> Response:
    """What the edit leaves out stays as it is. Other target regions are judged by the plan's own rules at once."""
    edit = await protocol_edit(ask.clinic, plan.state.protocol, asked.edit, "edit")
    wanted = asked.edit.target_regions
    regions = await new_regions(ask.clinic, plan, wanted, "edit.target_regions") if wanted else None
    reason_id = await ask.note(plan.id, "amend", asked.reason)
    return await plan.told(ask, Amend(edit=edit, regions=regions, reason_id=reason_id or ""))


@router.post(
    "/rescreen",
    dependencies=[allowed(Act.rescreen)],
    summary="The screening questions, asked again",
    response_model=CommandReply,
)
async def post_rescreen(asked: RescreenAsked, plan: ThePlan, ask: Ask) -> Response:
    """New answers over the form's own, judged by the plan's pack; findings count at once (MID-3).

    All questions answered (the age comes from the date of birth) is a whole new screening, valid afresh.
    """
    clinic, state = ask.clinic, plan.state
    pack = await clinic.pack_by_hash(state.protocol.pack_hash)
    today = _today(clinic.clock(), plan.zone)
    errors = validate_answers(pack, asked.answers, today)
    if errors:
        raise invalid([FieldProblem(f"answers.{error.path}", error.sentence) for error in errors])
    if AGE_ITEM in asked.answers:
        raise invalid([FieldProblem(f"answers.{AGE_ITEM}", "The age comes from the date of birth.")])
    form = await latest_form(clinic.engine, plan.id)
    answers = {**form["screening"], **asked.answers}
    whole = set(pack.items) - {AGE_ITEM} <= set(asked.answers)
    repeat = asked_again(pack, state, today, known=form["screening"], told=asked.answers, whole=whole)
    response = await plan.told(ask, repeat)
    kept = {**form, "screening": answers}
    await keep_form(
        clinic.engine, plan.id, key=ask.id, form=kept, screening=repeat.result, now=clinic.clock()
    )
    return response


def _today(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()
