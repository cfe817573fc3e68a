"""A text that will not arrive, or of which nobody knows, becomes its plan's business.

The command's id is made of the text's own key, so that each is told once.
"""

from __future__ import annotations

from datetime import UTC, datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from database.receipts import FinalFailure, plan_told
from messaging.error_classes import classify
from schemas.commands import SERVICE, CommandEnvelope, TextFailed
from schemas.refusals import CommandRefused, PlanAskFailed, PlanClosed, Plans

_log = structlog.stdlib.get_logger(__name__)


async def tell_failure(engine: AsyncEngine, plans: Plans, failure: FinalFailure) -> None:
    """Tell the plan once. A plan that has ended, or will not hear of it, counts as told; else it is asked again."""
    code = failure.error_code or ""
    command = TextFailed(
        message_key=failure.key,
        error_class=failure.kept_back or classify(int(code) if code.isdecimal() else None),
        session_no=failure.session_no,
        not_asked=failure.kept_back is not None,
        unknown_under=failure.unknown_under,
    )
    what = "failed" if failure.unknown_under is None else "unknown"
    envelope = CommandEnvelope(command_id=f"{what}:{failure.key}", actor=SERVICE, command=command)
    try:
        await plans.command(failure.plan_id, envelope)
    except (CommandRefused, PlanClosed) as over:
        _log.info("failed text needs nobody", plan_id=failure.plan_id, code=over.code)
    except PlanAskFailed as failed:
        _log.warning("failed text waits", plan_id=failure.plan_id, code=failed.code)
        return
    await plan_told(engine, failure.key, datetime.now(UTC))
