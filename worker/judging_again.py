"""Plans under rules of an older major version: their answers are judged again, and only ever tightened."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from care.local_time import local_day
from care.pack_change import judged_under, major
from database.errors import NotFoundError
from database.forms import latest_form
from database.plans import under_other_rules
from schemas.commands import SERVICE, CommandEnvelope
from schemas.plan import PlanState
from schemas.refusals import PlanAskFailed, Plans
from schemas.rules import RulePack

_ID_OF_PACK: Final = 12

_log = structlog.stdlib.get_logger(__name__)


async def judge_again(engine: AsyncEngine, running: Plans, pack: RulePack) -> None:
    """Judge the plans that the pack has not judged yet; one that does not answer waits for the next round (F08)."""
    for state in await under_other_rules(engine, major(pack.version), pack.content_hash):
        await _judge(engine, running, pack, state)


async def _judge(engine: AsyncEngine, running: Plans, pack: RulePack, state: PlanState) -> None:
    try:
        form = await latest_form(engine, state.plan_id)
        today = local_day(state.protocol.hours, datetime.now(UTC))
        command = judged_under(pack, state, form.get("screening", {}), today)
        key = f"rules:{pack.content_hash[:_ID_OF_PACK]}"
        await running.command(state.plan_id, CommandEnvelope(command_id=key, actor=SERVICE, command=command))
    except (PlanAskFailed, NotFoundError) as failed:
        _log.warning(
            "plan waits to be judged by the new rules", plan_id=state.plan_id, why=type(failed).__name__
        )
