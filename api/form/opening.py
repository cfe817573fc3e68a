"""How a form ends: confirmed by the client, or stopped by an answer that needs somebody at once."""

from __future__ import annotations

import structlog

from api.form.body import intake_body
from api.form.visit import Visit
from api.identity import Identity
from api.intake_opening import open_from_intake
from care.client_form import AT_ONCE, Advice, advice_now
from database import invitations
from database.errors import KeyReusedError
from database.intakes import plan_of_key
from schemas.commands import CLIENT, Actor
from schemas.invitations import InvitationState

_log = structlog.get_logger(__name__)


async def open_plan(visit: Visit, answers: dict[str, dict[str, object]], state: InvitationState,
                    advice: str | None = None) -> None:  # fmt: skip
    """Open the plan as the API does, once however often it is asked, and end the invitation.

    Raises Problem where no plan can be opened; nothing is lost then, and it may be tried again.
    """
    invitation = visit.invitation
    body = intake_body(visit.client, invitation.way, visit.questions, answers)
    key = f"form:{invitation.id}"
    actor = Actor(id=invitation.created_by) if visit.aloud else CLIENT
    try:
        created = await open_from_intake(visit.clinic, Identity(actor), body, key)
        plan_id, message, urgency = created.plan_id, created.screening.message, created.screening.urgency
    except KeyReusedError:  # opened before with other answers, by a process that died before it could say so
        plan_id, message, urgency = await plan_of_key(visit.clinic.engine, key), None, None
    said = message if urgency not in AT_ONCE else None
    await invitations.end(
        visit.clinic.engine, invitation.id, state, visit.now, plan_id=plan_id, advice=advice or said
    )
    _log.info("form ended", invitation_id=invitation.id, plan_id=plan_id, state=state)


def advice_on(visit: Visit, answers: dict[str, dict[str, object]]) -> Advice | None:
    """What the client must hear now for the answers so far, if anything."""
    return advice_now(visit.clinic.pack, answers, visit.client.date_of_birth, visit.today)
