"""One alert: what happened, take it on, close it with what was found and done."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.asked import AlertOutcome, CloseAlertAsked
from api.attention_words import ALERTS
from api.console.desk import Desk, TheDesk, allowed
from api.console.flash import Done
from api.console.forms import No, Sent, TheForm, checked, nothing_typed, refusal_shown
from api.console.moments import SiteClock
from api.console.permissions import Act
from api.plan_at_hand import ones_own_plan
from api.problems import Problem
from api.routes.alerts import post_acknowledge, post_close
from database.alerts import alert
from database.inbound import texts_from_plan
from database.staff import staff_names
from schemas.names import new_id
from schemas.refusals import PlanAskFailed

router = APIRouter(prefix="/alerts/{alert_id}")

_TEXTS_SHOWN = 3


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


async def _page(at: Desk, alert_id: str, no: No | None = None, form: Sent | None = None) -> Response:
    engine = at.clinic.engine
    found = await alert(engine, alert_id)
    view = (await ones_own_plan(at.clinic, at.who, found.plan_id)).view
    clock = SiteClock(view.state.protocol.hours.zone, max(at.clinic.clock(), view.summary.updated_at))
    status, refusal = refusal_shown(no, clock.at)
    what, next_step = ALERTS[found.reason]
    people = await staff_names(engine, (found.acknowledged_by, found.closed_by))
    texts = await texts_from_plan(engine, found.plan_id)
    return at.page(
        "attention",
        "alert.html",
        status,
        alert=found,
        summary=view.summary,
        plan_clock=clock,
        what=what,
        next_step=next_step,
        texts=texts[:_TEXTS_SHOWN],
        people=people,
        outcomes=list(AlertOutcome),
        typed=form.typed if form else nothing_typed(),
        key=new_id(),
        refusal=refusal,
    )
