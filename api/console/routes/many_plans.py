"""Hold, resume or reassign several plans: looked at first, then done one by one, each with its own answer."""

from __future__ import annotations

from types import MappingProxyType
from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.asked import AmendAsked, EditAsked, HoldAsked, ReasonAsked
from api.commanding import Asking
from api.console.desk import allowed
from api.console.forms import Sent, TheForm, checked, local_moment, nothing_typed, problem_of, refusal_shown
from api.console.many_plans import Doing, Line, ManyAsked, at_hand, foreseen
from api.console.permissions import Act
from api.plan_at_hand import PlanAtHand
from api.problems import FieldProblem, Problem, invalid
from api.routes.steering import post_amend, post_hold, post_resume
from database.staff import StaffMember, all_staff
from schemas.commands import Role
from schemas.names import new_id
from schemas.refusals import PlanAskFailed

router = APIRouter(prefix="/plans/many", dependencies=[allowed(Act.hold_or_resume)])

_WHAT: Final = MappingProxyType(
    {
        Doing.hold: ("Hold several plans", "Hold them"),
        Doing.resume: ("Resume several plans", "Resume them"),
        Doing.reassign: ("Give plans to another therapist", "Give them over"),
    }
)

Words = HoldAsked | ReasonAsked | AmendAsked


@router.post("")
async def look(form: TheForm) -> Response:
    """What would follow, and which plans refuse; nothing is done."""
    return await _preview(form, _asked(form))


@router.post("/{do}")
async def do_it(form: TheForm) -> Response:
    """Each plan is asked under its own key: sent twice, done once."""
    asked = _asked(form)
    plans = await at_hand(form.at.clinic, form.at.who, asked.plan)
    try:
        words = _words(form, asked.do, plans)
    except Problem as no:
        return await _preview(form, asked, no)
    lines = [await _done(form, asked.do, one, words) for one in plans]
    return _page(form, asked, lines, done=True)


def _asked(form: Sent) -> ManyAsked:
    plans = form.chosen("plan")
    if not plans:
        raise invalid([FieldProblem("plan", "Tick at least one plan, then choose what to do.")])
    return checked(ManyAsked, {"do": form.word("do"), "plan": plans})


def _words(form: Sent, doing: Doing, plans: list[PlanAtHand]) -> Words:
    """What the form says for all of them; Problem 422 for what it lacks."""
    values = form.filled("reason")
    if doing is Doing.resume:
        return checked(ReasonAsked, values)
    if doing is Doing.hold:
        until = form.word("until")
        zone = plans[0].zone if plans else form.at.site.zone
        return checked(HoldAsked, values | ({"until": local_moment(until, zone, "until")} if until else {}))
    if not form.word("therapist"):
        raise invalid([FieldProblem("therapist", "Choose who takes the plans over.")])
    return checked(AmendAsked, values | {"edit": EditAsked(therapist=form.word("therapist"))})


async def _done(form: Sent, doing: Doing, one: PlanAtHand, words: Words) -> Line:
    ask = Asking(form.at.clinic, form.at.who, f"{form.key}-{one.id}")
    before = foreseen(one, doing, form.at.who.actor, form.at.clock.now)
    try:
        if isinstance(words, HoldAsked):
            await post_hold(words, one, ask)
        elif isinstance(words, ReasonAsked):
            await post_resume(one, ask, words)
        else:
            await post_amend(words, one, ask)
    except (Problem, PlanAskFailed) as no:
        problem = problem_of(no)
        named = "; ".join(error.reason for error in problem.errors)
        return Line(one.view.summary, (), named or problem.detail)
    return Line(one.view.summary, before.follows, None)


async def _preview(form: Sent, asked: ManyAsked, no: Problem | None = None) -> Response:
    at = form.at
    plans = await at_hand(at.clinic, at.who, asked.plan)
    lines = [foreseen(one, asked.do, at.who.actor, at.clock.now) for one in plans]
    sites = {one.plan.site_id for one in lines}
    therapists = await all_staff(at.clinic.engine, role=Role.treating_physiotherapist)
    return _page(form, asked, lines, no, [one for one in therapists if sites <= set(one.roles)])


def _page(
    form: Sent,
    asked: ManyAsked,
    lines: list[Line],
    no: Problem | None = None,
    therapists: list[StaffMember] | None = None,
    *,
    done: bool = False,
) -> Response:
    status, refusal = refusal_shown(no, form.at.clock.at)
    return form.at.page(
        "plans",
        "many_plans.html",
        status,
        WHAT=_WHAT,
        asked=asked,
        lines=lines,
        takes=sum(one.refusal is None for one in lines),
        therapists=therapists or [],
        typed=form.typed if no else nothing_typed(),
        key=form.key if no else new_id(),
        done=done,
        refusal=refusal,
    )
