"""Decisions: the inbox, and the page on which one is taken."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from starlette.responses import Response

from api.asked import DecisionAsked
from api.console import goal_words
from api.console.approval_sheet import WEEKS, claim, consequence, first_session
from api.console.beside import beside
from api.console.charts import Scale, curve, primary_panel
from api.console.desk import Desk, TheDesk, allowed
from api.console.flash import Done
from api.console.forms import No, Sent, TheForm, checked, local_moment, nothing_typed, refusal_shown
from api.console.goal_form import goal_asked, goal_form
from api.console.life import Visit
from api.console.moments import SiteClock
from api.console.permissions import Act
from api.console.planned_words import planned_words
from api.console.setting_aside import sets_aside
from api.console.taper_evidence import taper_evidence
from api.console.time_axis import TimeAxis
from api.plan_at_hand import ones_own_plan
from api.problems import FieldProblem, Problem, invalid
from api.routes.approvals import post_decision
from api.screening_story import found, limits, must_state, screening_story
from care.goal_scores import counts_now
from care.held_regions import kept_out
from care.start_condition import only_by_protocol, reads_protocol
from care.texts_agreed import asks_about_texts
from database import approvals as approval_records
from database.plans import plan, states
from database.staff import all_staff, staff_names
from database.undo import texts_to_undo
from schemas.commands import Decision, Role
from schemas.names import new_id
from schemas.plan import PlanState, SessionStatus
from schemas.protocol import ApprovalKind
from schemas.refusals import PlanAskFailed

router = APIRouter(prefix="/approvals")

_DONE = {Decision.approve: Done.approved, Decision.edit: Done.edited, Decision.reject: Done.rejected}
_DOCUMENT = ("document_from", "document_dated", "document_kept", "document_valid_until")
_TAPERED = frozenset({ApprovalKind.taper, ApprovalKind.discharge})
_TREND_HEIGHT = 88.0
_ON_A_PAGE = 50
"""How many decisions the inbox shows: those after them have more time left, and move up."""


@router.get("")
async def inbox(at: TheDesk) -> Response:
    """What waits, the earliest deadline first; unless `whose=everyone`, what is the reader's to decide."""
    everyone = at.request.query_params.get("whose") == "everyone" or not at.may(Act.decide)
    waiting = await approval_records.open_approvals(at.clinic.engine, sites=at.own_sites)
    own = [one for one in waiting if at.is_mine(one.owner_id)]
    listed, clock = waiting if everyone else own, at.clock
    shown, about = listed[:_ON_A_PAGE], at.about(at.clinic.pack)
    of_plans = await states(at.clinic.engine, {one.plan_id for one in shown})
    said = [
        {
            "approval": one,
            "claim": claim(one, of_plans[one.plan_id], clock, about),
            "late": one.due_at <= clock.now,
        }
        for one in shown
    ]
    return at.page(
        "approvals",
        "approvals.html",
        rows=said,
        more=len(listed) - len(said),
        everyone=everyone,
        others=len(waiting) - len(own),
        undo=await texts_to_undo(at.clinic.engine, at.member.id),
        undo_for=at.undo_for,
    )


@router.get("/{approval_id}")
async def sheet(approval_id: str, at: TheDesk) -> Response:
    """Claim, evidence, consequence."""
    return await _sheet(at, approval_id)


@router.post("/{approval_id}", dependencies=[allowed(Act.decide)])
async def decide(approval_id: str, form: TheForm) -> Response:
    """One decision, however often the form is sent; a refusal shows the sheet again with what was typed."""
    try:
        asked = await _asked(form, approval_id)
        await post_decision(approval_id, asked, form.ask)
    except (Problem, PlanAskFailed) as no:
        return await _sheet(form.at, approval_id, no, form)
    return form.at.on("/approvals", _DONE[asked.decision])


async def _asked(form: Sent, approval_id: str) -> DecisionAsked:
    """The API's own body from the form's fields; only what an edit names is changed."""
    values: dict[str, Any] = form.filled("decision", "reason", "texts_agreed", *_DOCUMENT)
    if confirmed := form.chosen("confirmed"):
        values["confirmed"] = confirmed
    if form.word("reads_techniques") and values.get("decision") == Decision.approve:
        values["surgical_techniques"] = form.chosen("surgical_techniques")
    approval = await approval_records.approval(form.at.clinic.engine, approval_id)
    if values.get("decision") == Decision.edit:
        edit: dict[str, Any] = form.filled(
            "session_minutes", "planned_weeks", "home_days_per_week", "therapist"
        )
        if first := form.word("first_session_at"):
            zone = (await form.at.site_of((await plan(form.at.clinic.engine, approval.plan_id)).summary)).zone
            edit["first_session_at"] = local_moment(first, zone, "first_session_at")
        step = form.filled("step")
        if approval.kind is ApprovalKind.start:
            edit |= {"start_step": step["step"]} if step else {}
            edit |= _other_regions(form) | goal_asked(form)
        else:
            values |= step
        values |= {"edit": edit} if edit else {}
    return checked(DecisionAsked, values)


def _other_regions(form: Sent) -> dict[str, Any]:
    """The parts of the body that were ticked, where they differ from those that the sheet showed as ticked."""
    shown, chosen = form.chosen("treated"), form.chosen("target_regions")
    if shown and not chosen:
        raise invalid([FieldProblem("target_regions", "Tick at least one part of the body.")])
    return {} if set(chosen) == set(shown) else {"target_regions": chosen}


async def _sheet(at: Desk, approval_id: str, no: No | None = None, form: Sent | None = None) -> Response:
    engine = at.clinic.engine
    approval = await approval_records.approval(engine, approval_id)
    at_hand = await ones_own_plan(at.clinic, at.who, approval.plan_id)
    state, summary = at_hand.state, at_hand.view.summary
    clock = at_hand.present(at.clinic)
    pack, place = await at.clinic.pack_by_hash(state.protocol.pack_hash), await at.site_of(summary)
    open_now = state.approval(approval_id)
    told = await planned_words(engine, pack, place, state.protocol, summary.therapist)
    status, refusal = refusal_shown(no, clock.at)
    proposal = approval.proposal
    held = state.held(proposal.hold_key)
    return at.page(
        "approvals",
        "approval.html",
        status,
        approval=approval,
        summary=summary,
        state=state,
        plan_clock=clock,
        claim=claim(approval, state, clock, at.about(pack)),
        about=at.about(pack),
        first_session=first_session(approval, state, clock.now),
        consequence=consequence(state, open_now, at.who.actor, clock, told) if open_now else None,
        weeks=WEEKS,
        taper=taper_evidence(state, proposal.verdict, proposal.reasons, clock.now)
        if approval.kind in _TAPERED
        else None,
        sets_aside=bool(open_now) and sets_aside(pack, state, at.who.actor, clock.now),
        held=held,
        about_texts=asks_about_texts(held),
        about_techniques=only_by_protocol(pack, state.protocol.profile, state.protocol.condition)
        if reads_protocol(state, held)
        else (),
        chosen_techniques=form.chosen("surgical_techniques") if form else (),
        chosen_confirmed=form.chosen("confirmed") if form else (),
        left_out=kept_out(pack, state.protocol),
        must_state=must_state(pack, held.hold) if held else (),
        limits=limits(pack, state.protocol),
        screening=screening_story(pack, state.screening.result, place),
        found=await found(engine, approval.plan_id, pack, state.screening.result),
        trend=_trend(state, clock),
        decided_by=await _name(at, approval.decided_by),
        therapists=await all_staff(engine, site_id=summary.site_id, role=Role.treating_physiotherapist),
        goals=goal_form(pack, state),
        beside=beside(pack, state, clock) if approval.kind in _TAPERED else (),
        regions=pack.enums.regions,
        chosen_regions=form.chosen("target_regions") if form else state.protocol.target_regions,
        typed=form.typed if form else nothing_typed(),
        key=form.key_again(refusal) if form else new_id(),
        refusal=refusal,
    )


async def _name(at: Desk, staff_id: str | None) -> str | None:
    if staff_id is None:
        return None
    return (await staff_names(at.clinic.engine, (staff_id,))).get(staff_id, staff_id)


def _trend(state: PlanState, clock: SiteClock) -> dict[str, Any] | None:
    """The last scores as two small curves; None before there are two."""
    scores = state.progress.scores
    if len(scores) < 2:
        return None
    visits = [
        Visit(one.session_no, one.at, SessionStatus.attended, one.pain, one.stiffness, one.primary)
        for one in scores
    ]
    axis = TimeAxis(visits[0].at, visits[-1].at, 12.0, 348.0, clock.zone)
    return {
        "pain": curve(visits, "pain", axis, Scale(0, 10, 10.0, _TREND_HEIGHT)),
        "stiffness": curve(visits, "stiffness", axis, Scale(0, 10, 10.0, _TREND_HEIGHT)),
        "primary": primary_panel(
            visits, state.protocol.primary, counts_now(state), axis, (10.0, _TREND_HEIGHT)
        ),
        "scores": scores,
        "measure": goal_words.name(state.protocol.primary),
    }
