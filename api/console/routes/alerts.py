"""One alert: what happened, take it on, close it with what was found and done."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.asked import AlertOutcome, CloseAlertAsked, DayAnswersAsked
from api.attention_words import ALERTS
from api.console.beside import beside
from api.console.day_form import asked_first, day_said
from api.console.desk import Desk, TheDesk, allowed
from api.console.flash import Done
from api.console.forms import No, Sent, TheForm, checked, nothing_typed, refusal_shown
from api.console.permissions import Act
from api.plan_at_hand import ones_own_plan
from api.problems import Problem
from api.routes.alerts import post_acknowledge, post_close
from api.routes.sessions import post_day_check
from api.screening_story import found as answers_found
from api.screening_story import message_text
from care.alerts import day_to_ask, to_ask_again, visit_to_record
from database.alerts import alert
from database.inbound import texts_from_plan
from database.staff import staff_names
from schemas.alerts import AlertReason
from schemas.names import new_id
from schemas.refusals import PlanAskFailed

router = APIRouter(prefix="/alerts/{alert_id}")

_TEXTS_SHOWN = 3
_LOOKED_AT = frozenset({AlertReason.review_due, AlertReason.taper_escalation, AlertReason.short_course})
"""Alerts that ask a therapist how the client gets on."""


@router.get("")
async def show(alert_id: str, at: TheDesk) -> Response:
    """The alert with the client's last words."""
    return await _page(at, alert_id)


@router.post("/take", dependencies=[allowed(Act.handle_alerts)])
async def take_on(alert_id: str, form: TheForm) -> Response:
    """From now on the alert is this person's to follow up."""
    try:
        await post_acknowledge(alert_id, form.ask)
    except (Problem, PlanAskFailed) as no:
        return await _page(form.at, alert_id, no, form)
    return form.at.on(f"/alerts/{alert_id}", Done.taken_on)


@router.post("/close", dependencies=[allowed(Act.handle_alerts)])
async def close(alert_id: str, form: TheForm) -> Response:
    """Closed with an outcome and, above E3, a note."""
    try:
        asked = checked(CloseAlertAsked, form.filled("outcome", "note"))
        await post_close(alert_id, asked, form.ask)
    except (Problem, PlanAskFailed) as no:
        return await _page(form.at, alert_id, no, form)
    return form.at.on("/attention", Done.closed)


@router.post("/answers", dependencies=[allowed(Act.record_outcome)])
async def answer_questions(alert_id: str, form: TheForm) -> Response:
    """What the client says to questions of the day that nobody had asked; what is left open stays open."""
    found = await alert(form.at.clinic.engine, alert_id)
    plan = await ones_own_plan(form.at.clinic, form.at.who, found.plan_id)
    pack = await form.at.clinic.pack_by_hash(plan.state.protocol.pack_hash)
    try:
        said = form.filled("pain") | {"day_check": day_said(form, pack.screening.session_day_check)}
        await post_day_check(found.session_no or 0, checked(DayAnswersAsked, said), plan, form.ask)
    except (Problem, PlanAskFailed) as no:
        return await _page(form.at, alert_id, no, form)
    return form.at.on(f"/alerts/{alert_id}", Done.answers)


async def _page(at: Desk, alert_id: str, no: No | None = None, form: Sent | None = None) -> Response:
    engine = at.clinic.engine
    found = await alert(engine, alert_id)
    plan = await ones_own_plan(at.clinic, at.who, found.plan_id)
    view, clock = plan.view, plan.present(at.clinic)
    status, refusal = refusal_shown(no, clock.at)
    what, next_step = ALERTS[found.reason]
    people = await staff_names(engine, (found.acknowledged_by, found.closed_by))
    texts = await texts_from_plan(engine, found.plan_id)
    pack, result = await at.clinic.pack_by_hash(view.state.protocol.pack_hash), view.state.screening.result
    screened = any(one.rule == found.rule for one in result.findings)
    answers = await answers_found(engine, found.plan_id, pack, result) if screened else ()
    still_open = view.state.alert(alert_id)
    not_asked = day_to_ask(view.state, still_open) if still_open else ()
    return at.page(
        "attention",
        "alert.html",
        status,
        alert=found,
        summary=view.summary,
        plan_clock=clock,
        what=what,
        next_step=next_step,
        about=at.about(pack),
        found=[one for one in answers if any(each.rule == found.rule for each in one.findings)],
        told=message_text(pack, result, await at.site_of(view.summary)) if screened else None,
        texts=texts[:_TEXTS_SHOWN],
        unrecorded=still_open is not None and visit_to_record(view.state, still_open, clock.now) is not None,
        to_ask=to_ask_again(view.state, still_open) if still_open else (),
        beside=beside(pack, view.state, clock) if found.reason in _LOOKED_AT else (),
        **asked_first([one for one in pack.screening.session_day_check if one.id in not_asked]),
        people=people,
        outcomes=list(AlertOutcome),
        typed=form.typed if form else nothing_typed(),
        key=new_id(),
        refusal=refusal,
    )
