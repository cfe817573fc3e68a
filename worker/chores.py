"""What the worker looks after besides running plans: whatever a crash or an outage left half done."""

from __future__ import annotations

from datetime import UTC, datetime

import structlog

from database import inbound, plans, receipts
from schemas.refusals import PlanAskFailed
from worker.bootstrap import WorkerParts
from worker.failed_texts import tell_failure
from worker.housekeeping import Chore
from worker.routing import route_inbound

_log = structlog.stdlib.get_logger(__name__)


def chores(parts: WorkerParts) -> tuple[Chore, ...]:
    """The rounds of one worker; another worker may do the same at the same time without harm."""
    tuning = parts.tuning
    return (
        Chore("start plans", tuning.start_plans_every, lambda: start_plans(parts)),
        Chore("route inbound texts", tuning.route_texts_every, lambda: route_texts(parts)),
        Chore("tell plans of failed texts", tuning.tell_failures_every, lambda: tell_failures(parts)),
    )


async def start_plans(parts: WorkerParts) -> None:
    """Start the workflow of every recorded plan that has none: an intake counts once it is in the database.

    Raises EngineUnavailable; the rest waits for the next round.
    """
    for state in await plans.unstarted(parts.engine):
        await parts.plans.start(state)
        await plans.mark_started(parts.engine, state.plan_id, datetime.now(UTC))


async def route_texts(parts: WorkerParts) -> None:
    """Route what the webhook could not: one text that fails does not keep the others back (F08)."""
    for text in await inbound.unrouted(parts.engine):
        try:
            await route_inbound(parts.engine, parts.plans, text.id)
        except PlanAskFailed as failed:
            _log.warning("inbound text waits", inbound=text.id, code=failed.code)


async def tell_failures(parts: WorkerParts) -> None:
    """Tell plans of texts that did not arrive, where the receipt's own telling did not get through."""
    for failure in await receipts.untold_failures(parts.engine):
        await tell_failure(parts.engine, parts.plans, failure)
