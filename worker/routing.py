"""Which plan an inbound text belongs to. The webhook asks at once; the sweep asks for what is left."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from care.answers import could_answer
from care.pack import builtin
from care.replies import read
from database import inbound
from database.inbound import InboundText, RouteCandidate
from database.tables.texts import InboundStatus
from schemas.commands import CLIENT, CommandEnvelope, ReceiveText
from schemas.refusals import CommandRefused, PlanClosed, Plans
from schemas.replies import Reading
from schemas.screening import URGENT

_log = structlog.stdlib.get_logger(__name__)


async def route_inbound(
    engine: AsyncEngine, plans: Plans, inbound_id: str, *, not_stopping: frozenset[str] = frozenset()
) -> None:
    """Give a stored text to the plan it answers, else to the one that last texted; a person sees what fits nobody.

    A number that several people share is nobody's (F32). Safe to repeat and to run at once in several
    places: the text's id is the command's id, and a plan applies each command once (F29). Raises
    EngineUnavailable or PlanUnknown: the text stays where it is, and the sweep tries again. `not_stopping` are
    words that the clinic had removed from the provider's stop words.
    """
    text = await inbound.text_of(engine, inbound_id)
    if text.status is not InboundStatus.received:
        return
    candidates = await inbound.route_candidates(engine, text.from_number)
    reading = read(builtin(), text.body, not_stopping=not_stopping)
    if len({candidate.person for candidate in candidates}) != 1:
        await _to_a_person(engine, plans, text, reading, candidates)
        return
    plan_id = _meant(candidates, text, reading).plan_id
    command = CommandEnvelope(command_id=inbound_id, actor=CLIENT, command=ReceiveText(inbound_id=inbound_id))
    try:
        await plans.command(plan_id, command)
    except PlanClosed:
        await _to_a_person(engine, plans, text, reading, ())
        return
    except CommandRefused as refused:
        _log.error(
            "a plan refused an inbound text", plan_id=plan_id, inbound_id=inbound_id, code=refused.code
        )
        await inbound.unmatched(engine, inbound_id)
        return
    await inbound.routed(engine, inbound_id, plan_id, datetime.now(UTC))


def _meant(candidates: Sequence[RouteCandidate], text: InboundText, reading: Reading) -> RouteCandidate:
    """Of one person's plans the only one with a question open that the text answers (F31), else the last to text."""
    if len(candidates) > 1:
        waiting = [one for one in candidates if could_answer(one.state, reading, text.received_at)]
        if len(waiting) == 1:
            return waiting[0]
    return candidates[0]


async def _to_a_person(
    engine: AsyncEngine,
    plans: Plans,
    text: InboundText,
    reading: Reading,
    candidates: Sequence[RouteCandidate],
) -> None:
    """Nobody knows whose text it is, so it answers nothing; but an opt-out holds, and nothing urgent waits.

    An emergency in it concerns every plan that it may be about: each of their physiotherapists is paged.
    """
    if reading.opt_out or reading.opt_in:
        await inbound.allow_number(engine, text.from_number, not reading.opt_out, datetime.now(UTC))
    if _urgent(reading):
        command = ReceiveText(inbound_id=text.id, sender_unsure=True)
        envelope = CommandEnvelope(command_id=text.id, actor=CLIENT, command=command)
        for plan_id in dict.fromkeys(candidate.plan_id for candidate in candidates):
            await _warn(plans, plan_id, envelope)
    await inbound.note_reading(engine, text.id, reading)
    await inbound.unmatched(engine, text.id)


async def _warn(plans: Plans, plan_id: str, envelope: CommandEnvelope) -> None:
    try:
        await plans.command(plan_id, envelope)
    except (PlanClosed, CommandRefused) as over:
        _log.warning("a plan took no warning", plan_id=plan_id, code=over.code)


def _urgent(reading: Reading) -> bool:
    return bool(reading.groups) and reading.urgency in URGENT
