"""The clinic in numbers, for Prometheus."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.tables.texts import InboundStatus
from schemas.messages import MessageStatus
from schemas.plan import Stage


@dataclass(frozen=True, slots=True)
class Figures:
    """Counts at one moment; every stage and status is there, with 0 if nothing is in it.

    `agenda_lateness_seconds` is how long the most overdue agenda item of an open plan has waited.
    """

    plans: Mapping[Stage, int]
    texts: Mapping[MessageStatus, int]
    inbound: Mapping[InboundStatus, int]
    agenda_lateness_seconds: float
    approvals_open: int
    approvals_overdue: int
    alerts_open: int
    alerts_overdue: int


_COUNTS = text(
    """
    SELECT 'plans' AS what, stage AS name, count(*) AS number FROM plans GROUP BY stage
    UNION ALL SELECT 'texts', status, count(*) FROM messages GROUP BY status
    UNION ALL SELECT 'inbound', status, count(*) FROM inbound_messages GROUP BY status
    """
)
_WAITING = text(
    """
    SELECT (SELECT greatest(extract(epoch FROM :now - min(next_at)), 0) FROM plans
             WHERE closed_at IS NULL) AS lateness,
           (SELECT count(*) FROM approvals WHERE status = 'open') AS approvals_open,
           (SELECT count(*) FROM approvals WHERE status = 'open' AND due_at <= :now) AS approvals_overdue,
           (SELECT count(*) FROM alerts WHERE closed_at IS NULL) AS alerts_open,
           (SELECT count(*) FROM alerts WHERE closed_at IS NULL
               AND (acknowledged_at IS NULL AND acknowledge_by <= :now OR contact_by <= :now)) AS alerts_overdue
    """
)


async def figures(engine: AsyncEngine, now: datetime) -> Figures:
    """The figures at `now`."""
    async with one_by_one(engine) as connection:
        counts = {(row.what, row.name): row.number for row in await connection.execute(_COUNTS)}
        waiting = (await connection.execute(_WAITING, {"now": now})).one()
    return Figures(
        plans={stage: counts.get(("plans", stage), 0) for stage in Stage},
        texts={status: counts.get(("texts", status), 0) for status in MessageStatus},
        inbound={status: counts.get(("inbound", status), 0) for status in InboundStatus},
        agenda_lateness_seconds=float(waiting.lateness or 0),
        approvals_open=waiting.approvals_open,
        approvals_overdue=waiting.approvals_overdue,
        alerts_open=waiting.alerts_open,
        alerts_overdue=waiting.alerts_overdue,
    )
