"""Alerts: a named person takes one on, and closes it with what was found and done."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from api.asked import CloseAlertAsked
from api.commanding import Ask, Asking
from api.console.permissions import Act
from api.permitted import allowed
from api.plan_at_hand import PlanAtHand, ones_own_plan
from database.alerts import alert
from schemas.commands import AcknowledgeAlert, CloseAlert, CommandReply

router = APIRouter(prefix="/api/v1/alerts/{alert_id}", tags=["alerts"])


@router.post(
    "/acknowledge",
    dependencies=[allowed(Act.handle_alerts)],
    summary="Take an alert on",
    response_model=CommandReply,
)
async def post_acknowledge(alert_id: str, ask: Ask) -> Response:
    """From now on the alert waits for contact with the client."""
    at_hand = await _plan_of(ask, alert_id)
    return await at_hand.told(ask, AcknowledgeAlert(alert_id=alert_id))


@router.post(
    "/close",
    dependencies=[allowed(Act.handle_alerts)],
    summary="Close an alert with its outcome",
    response_model=CommandReply,
)
async def post_close(alert_id: str, asked: CloseAlertAsked, ask: Ask) -> Response:
    """An alert above E3 is closed by a physiotherapist, with a note of what was found and done."""
    at_hand = await _plan_of(ask, alert_id)
    note_id = await ask.note(at_hand.id, "alert", asked.words)
    return await at_hand.told(ask, CloseAlert(alert_id=alert_id, outcome=asked.code, note_id=note_id))


async def _plan_of(ask: Asking, alert_id: str) -> PlanAtHand:
    found = await alert(ask.clinic.engine, alert_id)
    return await ones_own_plan(ask.clinic, ask.who, found.plan_id)
