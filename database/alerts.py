"""Alerts: what a person must deal with, and what was done about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.errors import NotFoundError
from database.tables import alerts, clients, notes, plans, staff
from schemas.alerts import AlertReason
from schemas.screening import Urgency


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert, open or closed; `note` is what was written at its end."""

    id: str
    plan_id: str
    client: str
    urgency: Urgency
    reason: AlertReason
    rule: str
    session_no: int | None
    opened_at: datetime
    acknowledge_by: datetime
    contact_by: datetime
    owner_id: str
    owner: str
    escalations: int
    acknowledged_at: datetime | None
    acknowledged_by: str | None
    closed_at: datetime | None
    closed_by: str | None
    outcome: str | None
    note: str | None

    @property
    def deadline(self) -> datetime:
        """By when somebody must do the next thing: take it on, then act."""
        return self.acknowledge_by if self.acknowledged_at is None else self.contact_by


_VIEW: Select[Any] = (
    select(
        alerts.c.id,
        alerts.c.plan_id,
        func.concat(clients.c.given_name, " ", clients.c.family_name).label("client"),
        alerts.c.urgency,
        alerts.c.reason,
        alerts.c.rule,
        alerts.c.session_no,
        alerts.c.opened_at,
        alerts.c.acknowledge_by,
        alerts.c.contact_by,
        alerts.c.owner_id,
        staff.c.name.label("owner"),
        alerts.c.escalations,
        alerts.c.acknowledged_at,
        alerts.c.acknowledged_by,
        alerts.c.closed_at,
        alerts.c.closed_by,
        alerts.c.outcome,
        notes.c.body.label("note"),
    )
    .join(plans, plans.c.id == alerts.c.plan_id)
    .join(clients, clients.c.id == plans.c.client_id)
    .join(staff, staff.c.id == alerts.c.owner_id)
    .outerjoin(notes, notes.c.id == alerts.c.note_id)
)

_OF_PLAN = _VIEW.where(alerts.c.plan_id == bindparam("plan")).order_by(alerts.c.opened_at.desc())
_ONE = _VIEW.where(alerts.c.id == bindparam("alert"))


async def open_alerts(engine: AsyncEngine, *, owner_id: str | None = None) -> tuple[AlertView, ...]:
    """What is open, the most urgent first, then the oldest; of one owner if asked."""
    query = _VIEW.where(alerts.c.closed_at.is_(None))
    if owner_id is not None:
        query = query.where(alerts.c.owner_id == owner_id)
    return await _all(engine, query.order_by(alerts.c.urgency, alerts.c.opened_at, alerts.c.id))


async def alerts_of_plan(engine: AsyncEngine, plan_id: str) -> tuple[AlertView, ...]:
    """Every alert of a plan, open or closed, newest first."""
    return await _all(engine, _OF_PLAN, {"plan": plan_id})


async def alert(engine: AsyncEngine, alert_id: str) -> AlertView:
    """One alert; raises NotFoundError."""
    found = await _all(engine, _ONE, {"alert": alert_id})
    if not found:
        raise NotFoundError("alert", alert_id)
    return found[0]


async def _all(
    engine: AsyncEngine, query: Select[Any], asked: dict[str, str] | None = None
) -> tuple[AlertView, ...]:
    async with one_by_one(engine) as connection:
        return tuple(AlertView(**row._mapping) for row in await connection.execute(query, asked))
