"""Sessions of a plan: what happened, another time, not at all."""

from __future__ import annotations

from collections.abc import Iterator

from fastapi import APIRouter
from starlette.responses import Response

from api.asked import CancelAsked, DayAnswersAsked, DaySaid, OutcomeAsked, RescheduleAsked
from api.commanding import Ask
from api.console.permissions import Act
from api.permitted import allowed
from api.plan_at_hand import ThePlan
from api.problems import FieldProblem, invalid
from care.day_answers import read_day
from care.day_questions import GO_AHEAD
from care.goal_scores import TAKEN_AS
from care.start_condition import unmet
from schemas.commands import AnswerDayQuestions, CancelSession, CommandReply, RecordOutcome, Reschedule
from schemas.plan import SessionStatus
from schemas.rules import RulePack

router = APIRouter(prefix="/api/v1/plans/{plan_id}/sessions/{number}", tags=["sessions"])


@router.post(
    "/outcome",
    dependencies=[allowed(Act.record_outcome)],
    summary="Record what happened at a session",
    response_model=CommandReply,
)
async def post_outcome(number: int, asked: OutcomeAsked, plan: ThePlan, ask: Ask) -> Response:
    """409 for a session that has not happened, or whose outcome is recorded already."""
    unknown = [name for name in asked.techniques if name not in ask.clinic.pack.techniques]
    if unknown:
        known = ", ".join(ask.clinic.pack.techniques)
        raise invalid([FieldProblem("techniques", f"{unknown[0][:40]!r} is not one of: {known}.")])
    pack = await ask.clinic.pack_by_hash(plan.state.protocol.pack_hash)
    problems = _unknown_questions(pack, asked.day_check)
    told, attended = read_day(pack, asked.day_check, asked.pain), asked.outcome is SessionStatus.attended
    if attended and told.declined:
        problems.append(
            FieldProblem(
                f"day_check.{GO_AHEAD}",
                "The client was not happy to go ahead, so there was no session. Record it as cancelled: no penalty.",
            )
        )
    problems += _goal_problems(pack, plan.state.protocol.primary.code, asked)
    if problems:
        raise invalid(problems)
    note_id = await ask.note(plan.id, "session", asked.note)
    scores = asked.model_dump(include={"outcome", "pain", "stiffness", "primary", "techniques"})
    outcome = RecordOutcome(
        session_no=number,
        note_id=note_id,
        day_check=told.matters,
        repeat_items=told.repeat_items,
        not_asked=told.not_asked if attended else (),
        start_unmet=unmet(pack, plan.state),
        **scores,
    )
    return await plan.told(ask, outcome)


def _unknown_questions(pack: RulePack, said: DaySaid) -> list[FieldProblem]:
    """What the pack does not ask before a session."""
    known = [one.id for one in pack.screening.session_day_check]
    return [
        FieldProblem("day_check", f"{name[:40]!r} is not one of: {', '.join(known)}.")
        for name in said
        if name not in known
    ]


@router.post(
    "/day-check",
    dependencies=[allowed(Act.record_outcome)],
    summary="Answer questions of the day that were not asked",
    response_model=CommandReply,
)
async def post_day_check(number: int, asked: DayAnswersAsked, plan: ThePlan, ask: Ask) -> Response:
    """A yes leads to what it would have led to at the session. 409 where nothing is left to ask about it."""
    pack = await ask.clinic.pack_by_hash(plan.state.protocol.pack_hash)
    problems = _unknown_questions(pack, asked.day_check)
    told = read_day(pack, asked.day_check, asked.pain)
    if not problems and not told.asked:
        problems.append(FieldProblem("day_check", "Give the answer to at least one of the questions."))
    if problems:
        raise invalid(problems)
    answers = AnswerDayQuestions(
        session_no=number,
        asked=told.asked,
        day_check=told.matters,
        repeat_items=told.repeat_items,
        declined=told.declined,
    )
    return await plan.told(ask, answers)


def _goal_problems(pack: RulePack, code: str, asked: OutcomeAsked) -> Iterator[FieldProblem]:
    """A value that the plan's measure cannot have, such as 99 of 10, which would read as a goal reached; or two."""
    measure, value = pack.measures.get(code), asked.primary
    if value is None or measure is None:
        return
    if measure.limits is not None and not measure.limits[0] <= value <= measure.limits[1]:
        low, high = measure.limits
        yield FieldProblem("primary", f"{code} goes from {low:g} to {high:g}; check the number.")
    taken_as = TAKEN_AS.get(code)
    also = getattr(asked, taken_as) if taken_as else None
    if also is not None and also != value:
        reason = (
            f"The goal is {taken_as} itself: {also:g} there, {value:g} here. Give it once, as {taken_as}."
        )
        yield FieldProblem("primary", reason)


@router.post(
    "/reschedule",
    dependencies=[allowed(Act.move_sessions)],
    summary="Give a session another time",
    response_model=CommandReply,
)
async def post_reschedule(number: int, asked: RescheduleAsked, plan: ThePlan, ask: Ask) -> Response:
    """409 `slot_taken` comes with the nearest free times as `alternatives`."""
    return await plan.told(ask, Reschedule(session_no=number, starts_at=asked.starts_at))


@router.post(
    "/cancel",
    dependencies=[allowed(Act.move_sessions)],
    summary="Cancel one session",
    response_model=CommandReply,
)
async def post_cancel(number: int, plan: ThePlan, ask: Ask, asked: CancelAsked | None = None) -> Response:
    """The series goes on."""
    by_clinic = asked is not None and asked.by_clinic
    return await plan.told(ask, CancelSession(session_no=number, by_clinic=by_clinic))
