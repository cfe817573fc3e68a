"""A physiotherapist sets a screening finding aside that is theirs to judge, with a written reason (ALG-10)."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.asked_overriding import OverrideAsked
from api.console.desk import Desk, TheDesk, allowed
from api.console.flash import Done
from api.console.forms import No, Sent, TheForm, checked, nothing_typed, refusal_shown
from api.console.permissions import Act
from api.console.plan_page import keys
from api.console.setting_aside import FIELDS, body, held_things
from api.plan_at_hand import PlanAtHand, ThePlan
from api.problems import Problem
from api.routes.overriding import post_override
from database.plans import plan as plan_on_record
from schemas.refusals import PlanAskFailed

router = APIRouter(prefix="/plans/{plan_id}/overrides", dependencies=[allowed(Act.set_aside)])


@router.get("")
async def show(at: TheDesk, plan: ThePlan) -> Response:
    """What holds and limits the plan: a form for what may be set aside, the reason for what stays."""
    return await _page(at, plan)


@router.post("")
async def set_aside(plan: ThePlan, form: TheForm) -> Response:
    """One hold or one restriction, with the reason; a refusal shows the page again with what was typed."""
    try:
        await post_override(checked(OverrideAsked, body(form.filled(*FIELDS))), plan, form.ask)
    except (Problem, PlanAskFailed) as no:
        return await _page(form.at, plan, no, form)
    return form.at.on(f"/plans/{plan.id}", Done.set_aside)


async def _page(at: Desk, at_hand: PlanAtHand, no: No | None = None, form: Sent | None = None) -> Response:
    """After a refusal the plan is read again: what refused may have changed it."""
    if no is not None:
        at_hand = PlanAtHand(await plan_on_record(at.clinic.engine, at_hand.id))
    state, summary = at_hand.state, at_hand.view.summary
    clock = at_hand.present(at.clinic)
    pack = await at.clinic.pack_by_hash(state.protocol.pack_hash)
    status, refusal = refusal_shown(no, clock.at)
    things = held_things(pack, state, at.who.actor, clock.now)
    may_go = [one for one in things if one.why_not is None]
    typed = form.typed if form else nothing_typed()
    return at.page(
        "plans",
        "overrides.html",
        status,
        summary=summary,
        may_go=may_go,
        stay=[one for one in things if one.why_not is not None],
        left_over=typed["reason"] if typed["form"] not in {one.name for one in may_go} else "",
        shortest=pack.disposition_algebra.override.reason_min_characters,
        typed=typed,
        key_of=keys(form, refusal),
        refusal=refusal,
    )
