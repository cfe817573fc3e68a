"""Which plan an inbound text belongs to. The webhook asks at once; the sweep asks for what is left."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from database import inbound
from database.tables.texts import InboundStatus
from schemas.commands import CLIENT, CommandEnvelope, ReceiveText
from schemas.refusals import CommandRefused, PlanClosed, Plans

_log = structlog.stdlib.get_logger(__name__)


async def route_inbound(engine: AsyncEngine, plans: Plans, inbound_id: str) -> None:
    """Give a stored text to the plan that last texted its sender; a person sees one that fits nobody.

    A number that several clients share is nobody's (F32). Safe to repeat and to run at once in several
    places: the text's id is the command's id, and a plan applies each command once (F29). Raises
    EngineUnavailable or PlanUnknown: the text stays where it is, and the sweep tries again.
    """
    text = await inbound.text_of(engine, inbound_id)
    if text.status is not InboundStatus.received:
        return
    candidates = await inbound.route_candidates(engine, text.from_number)
    if len({candidate.client_id for candidate in candidates}) != 1:
        await inbound.unmatched(engine, inbound_id)
        return
    plan_id = candidates[0].plan_id
    command = CommandEnvelope(command_id=inbound_id, actor=CLIENT, command=ReceiveText(inbound_id=inbound_id))
    try:
        await plans.command(plan_id, command)
    except PlanClosed:
        await inbound.unmatched(engine, inbound_id)
        return
    except CommandRefused as refused:
        _log.error(
            "a plan refused an inbound text", plan_id=plan_id, inbound_id=inbound_id, code=refused.code
        )
        await inbound.unmatched(engine, inbound_id)
        return
    await inbound.routed(engine, inbound_id, plan_id, datetime.now(UTC))
