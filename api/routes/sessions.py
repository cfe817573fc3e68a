"""Sessions of a plan: what happened, another time, not at all."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.asked import CancelAsked, OutcomeAsked, RescheduleAsked
from api.commanding import Ask
from api.console.permissions import Act
from api.permitted import allowed
from api.plan_at_hand import ThePlan
from api.problems import FieldProblem, invalid
from care.assessing import SEVERE_TODAY
from schemas.commands import CancelSession, CommandReply, RecordOutcome, Reschedule
from schemas.plan import SessionStatus

_ANY_CHANGE: Final = ("SCR-07", "SCR-09", "SCR-17", "SCR-22")
"""What a change of "health, medicines, injuries or operations" (DAY-01) may touch: its prose names no item."""

_GO_AHEAD: Final = "DAY-05"
_SEVERE: Final = 8
"""DAY-04's limit; the pack writes it into the key `gte_8`."""

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
    asked_today = {one.id: one for one in pack.screening.session_day_check}
    problems = [
        FieldProblem("day_check", f"{name[:40]!r} is not one of: {', '.join(asked_today)}.")
        for name in asked.day_check
        if name not in asked_today
    ]
    if asked.outcome is SessionStatus.attended and asked.day_check.get(_GO_AHEAD) is False:
        problems.append(
            FieldProblem(
                f"day_check.{_GO_AHEAD}",
                "The client did not want to go ahead, so there was no session. Cancel it by the clinic: no penalty.",
            )
        )
    if problems:
        raise invalid(problems)
    said_yes = tuple(
        sorted(name for name, yes in asked.day_check.items() if yes and asked_today[name].any_yes)
    )
    repeats = {item for name in said_yes for item in asked_today[name].repeats or _ANY_CHANGE}
    if asked.pain is not None and asked.pain >= _SEVERE:
        said_yes = (*said_yes, SEVERE_TODAY)
    note_id = await ask.note(plan.id, "session", asked.note)
    scores = asked.model_dump(include={"outcome", "pain", "stiffness", "primary", "techniques"})
    outcome = RecordOutcome(
        session_no=number,
        note_id=note_id,
        day_check=said_yes,
        repeat_items=tuple(sorted(repeats)),
        **scores,
    )
    return await plan.told(ask, outcome)


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
