"""What the worker looks after besides running plans: whatever a crash or an outage left half done."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from database import inbound, plans, receipts
from schemas.plan import PlanState
from schemas.refusals import EngineUnavailable, PlanAskFailed, Plans
from worker.bootstrap import WorkerParts
from worker.failed_texts import tell_failure
from worker.housekeeping import Chore
from worker.routing import route_inbound

_log = structlog.stdlib.get_logger(__name__)


def chores(parts: WorkerParts) -> tuple[Chore, ...]:
    """The rounds of one worker; another worker may do the same at the same time without harm."""
    tuning, engine, running = parts.tuning, parts.engine, parts.plans
    return (
        Chore("start plans", tuning.start_plans_every, lambda: start_plans(engine, running)),
        Chore("route inbound texts", tuning.route_texts_every, lambda: route_texts(engine, running)),
        Chore(
            "tell plans of failed texts", tuning.tell_failures_every, lambda: tell_failures(engine, running)
        ),
    )


async def start_plans(engine: AsyncEngine, running: Plans) -> None:
    """Start the workflow of every recorded plan that has none: an intake counts once it is in the database.

    All at once, so that one plan that does not start holds up no other (F08).
    """
    await asyncio.gather(*(_start(engine, running, state) for state in await plans.unstarted(engine)))


async def _start(engine: AsyncEngine, running: Plans, state: PlanState) -> None:
    try:
        await running.start(state)
    except EngineUnavailable as unavailable:
        _log.warning("plan waits to be started", plan=state.plan_id, code=unavailable.code)
        return
    await plans.mark_started(engine, state.plan_id, datetime.now(UTC))


async def route_texts(engine: AsyncEngine, running: Plans) -> None:
    """Route what the webhook could not: each sender's texts in order, no sender waiting for another (F08)."""
    by_sender: dict[str, list[str]] = {}
    for text in await inbound.unrouted(engine):
        by_sender.setdefault(text.from_number, []).append(text.id)
    await asyncio.gather(*(_route_in_order(engine, running, ids) for ids in by_sender.values()))


async def _route_in_order(engine: AsyncEngine, running: Plans, inbound_ids: Sequence[str]) -> None:
    for inbound_id in inbound_ids:
        try:
            await route_inbound(engine, running, inbound_id)
        except PlanAskFailed as failed:
            _log.warning("inbound text waits", inbound=inbound_id, code=failed.code)
            return


async def tell_failures(engine: AsyncEngine, running: Plans) -> None:
    """Tell plans of texts that did not arrive, where the receipt's own telling did not get through."""
    for failure in await receipts.untold_failures(engine):
        await tell_failure(engine, running, failure)
