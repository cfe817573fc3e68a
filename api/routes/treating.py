"""Treating by hand: the physical assessment, the sheet for the treatment room, unwanted effects."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import date, datetime
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.responses import Response

from api.answers import answer
from api.asked_treating import AdverseEventAsked, AssessmentAsked, CheckInAsked, FollowUpAsked
from api.clinic import Clinic, TheClinic
from api.commanding import Ask
from api.console.permissions import Act
from api.identity import Who
from api.permitted import allowed
from api.plan_at_hand import PlanAtHand, ThePlan
from api.problems import FieldProblem, invalid
from api.sheet_of_plan import sheet_of_plan
from care.assessing import items_needed
from care.number_told import alerts_of
from database.forms import latest_form
from schemas.commands import (
    AnswerCheckIn,
    CommandReply,
    FollowUpAdverseEvent,
    RecordAssessment,
    ReportAdverseEvent,
)
from schemas.rules import RulePack
from schemas.rules_delivery import AssessmentItem

router = APIRouter(prefix="/api/v1/plans/{plan_id}", tags=["treating"])


@router.get("/assessment", summary="What this client's physical assessment must cover")
async def get_assessment(clinic: TheClinic, _who: Who, plan: ThePlan) -> Response:
    """The required items, the conditional ones that apply and why, and what has been recorded."""
    pack = await clinic.pack_by_hash(plan.state.protocol.pack_hash)
    needed = await assessment_of(clinic, plan, pack)
    return answer(
        {
            "needed": [{"id": one.id, "what": one.what, "because": one.condition or None} for one in needed],
            "outcomes": pack.physical_assessment.outcome_options,
            "must_state": pack.physical_assessment.approval.must_state,
            "recorded": plan.state.assessment,
        },
        plan.zone,
    )


@router.post("/assessment", summary="Record the physical assessment", response_model=CommandReply)
async def post_assessment(asked: AssessmentAsked, plan: ThePlan, ask: Ask) -> Response:
    """422 names every item that this client's assessment still lacks; its words stay in the database."""
    pack = await ask.clinic.pack_by_hash(plan.state.protocol.pack_hash)
    needed = {one.id: one.what for one in await assessment_of(ask.clinic, plan, pack)}
    known = {one.id for one in (*pack.physical_assessment.required, *pack.physical_assessment.conditional)}
    problems = [
        FieldProblem(f"findings.{item}", f"Say what you found: {what}.")
        for item, what in needed.items()
        if item not in asked.findings
    ]
    problems += _unknown("findings", asked.findings, known)
    problems += _unknown("techniques", asked.techniques or (), plan.state.protocol.techniques)
    if problems:
        raise invalid(problems)
    words = [f"{item}: {found}" for item, found in sorted(asked.findings.items())]
    note_id = await ask.note(plan.id, "assessment", "\n".join([*words, asked.reasoning]))
    return await plan.told(
        ask,
        RecordAssessment(
            outcome=asked.outcome,
            items=tuple(sorted(asked.findings)),
            techniques=asked.techniques,
            note_id=note_id,
        ),
    )


@router.get("/session-sheet", summary="What holds at the next session")
async def get_session_sheet(clinic: TheClinic, _who: Who, plan: ThePlan) -> Response:
    """Minutes, discomfort, stops, techniques with doses; each technique that is left out, by which rule and why.

    `day_before` is what the client texted to "any change?" (SCH-8): `not_known` is no answer, and never a no.
    """
    pack = await clinic.pack_by_hash(plan.state.protocol.pack_hash)
    told = await sheet_of_plan(clinic, plan, pack)
    return answer(
        {"pack_status": pack.meta.status, "sheet": told.sheet, "day_before": told.day_before}, plan.zone
    )


@router.post(
    "/adverse-events",
    dependencies=[allowed(Act.report_effect)],
    summary="Report an unwanted effect",
    response_model=CommandReply,
)
async def post_adverse_event(asked: AdverseEventAsked, plan: ThePlan, ask: Ask) -> Response:
    """Anybody may report; the grade says who follows it up, how soon, and who closes it."""
    pack = await ask.clinic.pack_by_hash(plan.state.protocol.pack_hash)
    problems = _unknown("technique", (asked.technique,) if asked.technique else (), pack.techniques)
    problems += _unknown("region", (asked.region,) if asked.region else (), pack.enums.regions)
    problems += _unknown("stops", asked.stops, {stop.id for stop in pack.session_rules.stops})
    if problems:
        raise invalid(problems)
    note_id = await ask.note(plan.id, "adverse_event", asked.description)
    facts = asked.model_dump(exclude={"description"})
    return await plan.told(ask, ReportAdverseEvent(note_id=note_id, **facts))


@router.post(
    "/adverse-events/{event_id}/follow-up",
    dependencies=[allowed(Act.report_effect)],
    summary="Follow an unwanted effect up",
    response_model=CommandReply,
)
async def post_follow_up(event_id: str, asked: FollowUpAsked, plan: ThePlan, ask: Ask) -> Response:
    """Closed (`resolved`) by the role that the pack names for its grade."""
    note_id = await ask.note(plan.id, "adverse_event", asked.note)
    facts = asked.model_dump(exclude={"note"})
    return await plan.told(ask, FollowUpAdverseEvent(event_id=event_id, note_id=note_id, **facts))


@router.post(
    "/check-ins",
    dependencies=[allowed(Act.take_check_in)],
    summary="A check-in answered by telephone",
    response_model=CommandReply,
)
async def post_check_in(asked: CheckInAsked, plan: ThePlan, ask: Ask) -> Response:
    """Counts as a text would: a client without texts can taper too. The front desk may record it."""
    pack = await ask.clinic.pack_by_hash(plan.state.protocol.pack_hash)
    question = pack.questions.get(asked.question)
    if question is None or question.measure is None:
        numbers = ", ".join(one.id for one in pack.questions.values() if one.measure)
        raise invalid([FieldProblem("question", f"{asked.question[:40]!r} is not one of: {numbers}.")])
    low, high = question.range
    if not low <= asked.value <= high:
        raise invalid([FieldProblem("value", f"{asked.question} is answered from {low} to {high}.")])
    note_id = await ask.note(plan.id, "check_in", asked.note)
    answered = AnswerCheckIn(
        question=asked.question,
        value=asked.value,
        alerts=alerts_of(pack, plan.state, asked.question, asked.value),
        note_id=note_id,
    )
    return await plan.told(ask, answered)


async def assessment_of(clinic: Clinic, plan: PlanAtHand, pack: RulePack) -> tuple[AssessmentItem, ...]:
    """What this client's physical assessment must cover, by their latest screening answers."""
    form = await latest_form(clinic.engine, plan.id)
    protocol = plan.state.protocol
    today = _today(clinic.clock(), plan.zone)
    return items_needed(pack, form["screening"], today, protocol.target_regions, protocol.condition)


def _today(now: datetime, zone: str) -> date:
    return now.astimezone(ZoneInfo(zone)).date()


def _unknown(
    field: str, given: Collection[str] | Mapping[str, str], known: Collection[str]
) -> list[FieldProblem]:
    listed = ", ".join(sorted(known))
    return [
        FieldProblem(field, f"{one[:40]!r} is not one of: {listed}.") for one in given if one not in known
    ]
