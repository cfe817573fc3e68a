"""What happened at a session: one page with big targets, filled in between two clients."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.asked import OutcomeAsked
from api.console.asked_ahead import refusal_of
from api.console.day_form import asked_first, day_said, nothing_left_out
from api.console.desk import Desk, TheDesk, allowed
from api.console.flash import Done
from api.console.forms import No, Sent, TheForm, checked, nothing_typed, refusal_shown
from api.console.moments import SiteClock
from api.console.permissions import Act
from api.plan_at_hand import PlanAtHand, ThePlan
from api.problems import Problem
from api.routes.sessions import post_outcome
from care.goal_scores import TAKEN_AS
from schemas.commands import RecordOutcome, Refusal
from schemas.names import new_id
from schemas.plan import SessionStatus
from schemas.refusals import PlanAskFailed
from schemas.rules import RulePack
from schemas.rules_form import DayCheck

router = APIRouter(prefix="/plans/{plan_id}/sessions/{number}/outcome")

_SCORES = ("pain", "stiffness", "primary")


@router.get("", dependencies=[allowed(Act.record_outcome)])
async def show(number: int, at: TheDesk, plan: ThePlan) -> Response:
    """The form."""
    return await _page(at, plan, number)


@router.post("", dependencies=[allowed(Act.record_outcome)])
async def record(number: int, plan: ThePlan, form: TheForm) -> Response:
    """Recorded once. Scores that are not known are left out, never guessed."""
    questions = (await form.at.clinic.pack_by_hash(plan.state.protocol.pack_hash)).screening.session_day_check
    try:
        await post_outcome(number, checked(OutcomeAsked, _values(form, questions)), plan, form.ask)
    except (Problem, PlanAskFailed) as no:
        return await _page(form.at, plan, number, no, form)
    return form.at.on("/today", Done.outcome)


def _stops(at: Desk, plan: PlanAtHand, number: int, clock: SiteClock) -> Refusal | None:
    """What the plan would refuse a visit that took place with, said before anything is typed."""
    took_place = RecordOutcome(session_no=number, outcome=SessionStatus.attended)
    return refusal_of(plan.state, at.who.actor, took_place, clock.now)


def _values(form: Sent, questions: Sequence[DayCheck]) -> dict[str, Any]:
    """What the form says; Problem 422 for a visit that leaves a question of the day without a word."""
    values: dict[str, Any] = form.filled("outcome", "note")
    if values.get("outcome") == SessionStatus.attended:
        nothing_left_out(form, questions)
        values |= form.filled(*_SCORES)
        values["day_check"] = day_said(form, questions)
        values["techniques"] = form.chosen("techniques")
    return values


def _limits(pack: RulePack, code: str) -> tuple[float, float] | None:
    """From where to where the plan's measure goes."""
    measure = pack.measures.get(code)
    return measure.limits if measure is not None else None


async def _page(
    at: Desk,
    plan: PlanAtHand,
    number: int,
    no: No | None = None,
    form: Sent | None = None,
) -> Response:
    state = plan.state
    pack = await at.clinic.pack_by_hash(state.protocol.pack_hash)
    clock = plan.present(at.clinic)
    status, refusal = refusal_shown(no, clock.at)
    allowed_here = set(state.protocol.techniques)
    barred = {one.code for one in state.protocol.restrictions}
    return at.page(
        "today",
        "outcome.html",
        status,
        summary=plan.view.summary,
        state=state,
        number=number,
        session=state.session(number),
        stops=_stops(at, plan, number, clock) if no is None else None,
        plan_clock=clock,
        techniques=[
            {
                "name": name,
                "allowed": name in allowed_here,
                "why_not": [pack.restrictions[code].effect for code in known.avoid_if if code in barred],
            }
            for name, known in pack.techniques.items()
        ],
        goal_taken_as=TAKEN_AS.get(state.protocol.primary.code),
        goal_limits=_limits(pack, state.protocol.primary.code),
        **asked_first(pack.screening.session_day_check),
        last=state.progress.scores[-1] if state.progress.scores else None,
        typed=form.typed if form else nothing_typed(),
        chosen=set(form.chosen("techniques")) if form else set(),
        key=form.key_again(refusal) if form else new_id(),
        refusal=refusal,
    )
