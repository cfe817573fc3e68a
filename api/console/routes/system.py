"""System: is it at work, what waits in it, and what outages have left behind."""

from __future__ import annotations

from datetime import timedelta
from time import perf_counter
from typing import Final

from fastapi import APIRouter
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from starlette.responses import Response

from api.console.desk import TheDesk, allowed
from api.console.moments import SiteClock
from api.console.permissions import Act
from api.kept_figures import Counted
from database.attention import ASLEEP_AFTER
from database.outage_receipt import Fared, outage_receipt
from database.outages import AWAKE, outage_by_id, recent_outages, round_reached

router = APIRouter(prefix="/system", dependencies=[allowed(Act.see_system)])

_SHOWN: Final = 10


@router.get("")
async def show(at: TheDesk) -> Response:
    """The clinic in numbers, and its last outages."""
    engine, now = at.clinic.engine, at.clock.now
    seen = await round_reached(engine, AWAKE)
    counted: Counted = await at.request.app.state.figures.look(engine, now)
    return at.page(
        "system",
        "system.html",
        figures=counted.figures,
        texting=counted.texting,
        counted_at=counted.at,
        record_ms=await _record_answers(engine),
        waits_long=timedelta(minutes=10),
        real=SiteClock(at.site.zone, at.clinic.real_now()),
        seen=seen,
        asleep=seen is None or at.clinic.real_now() - seen > ASLEEP_AFTER,
        outages=await recent_outages(engine, limit=_SHOWN),
    )


@router.get("/outages/{outage_id}")
async def outage(outage_id: str, at: TheDesk) -> Response:
    """What an outage held up, and what became of each text."""
    receipt = await outage_receipt(at.clinic.engine, await outage_by_id(at.clinic.engine, outage_id))
    return at.page(
        "system", "outage.html", receipt=receipt, counts={fared: receipt.count(fared) for fared in Fared}
    )


async def _record_answers(engine: AsyncEngine) -> float:
    """How long the record takes to answer the least of questions, in milliseconds."""
    begun = perf_counter()
    async with engine.connect() as connection:
        await connection.execute(text("SELECT 1"))
    return (perf_counter() - begun) * 1000
