"""A text that will not arrive becomes its plan's business."""

from __future__ import annotations

from typing import Final

import structlog

from api.clinic import Clinic
from database.receipts import FinalFailure, plan_told
from messaging.error_classes import classify
from schemas.commands import SERVICE, CommandEnvelope, TextFailed
from schemas.refusals import CommandRefused, PlanAskFailed, PlanClosed

_SETTLED: Final = (CommandRefused, PlanClosed)
"""Answers after which there is nothing more to tell: asking again would bring the same."""

_log = structlog.get_logger(__name__)


async def tell_plan(clinic: Clinic, failure: FinalFailure) -> None:
    """Tell the plan, once: the command's id is the text's own key. If the engine is away, a sweep tells it."""
    code = failure.error_code or ""
    command = TextFailed(
        message_key=failure.key,
        error_class=classify(int(code) if code.isdecimal() else None),
        session_no=failure.session_no,
    )
    envelope = CommandEnvelope(command_id=f"failed:{failure.key}", actor=SERVICE, command=command)
    try:
        await clinic.plans.command(failure.plan_id, envelope)
    except _SETTLED as over:
        _log.info("failed text needs nobody", plan_id=failure.plan_id, code=over.code)
    except PlanAskFailed as failed:
        _log.warning("failed text waits for the sweep", plan_id=failure.plan_id, code=failed.code)
        return
    await plan_told(clinic.engine, failure.key, clinic.clock())
