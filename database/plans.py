"""Plans as screens and sweeps read them."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, func, or_, select, true, tuple_, type_coerce, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.errors import NotFoundError
from database.tables import alerts, approvals, clients, plans, staff
from database.tables.attention import ApprovalStatus
from schemas.plan import CLOSED_STAGES, AgendaKind, PlanState, Stage
from schemas.screening import Urgency
from schemas.taper import Step


@dataclass(frozen=True, slots=True)
class NextItem:
    """What happens next in a plan. `owner` is a member of staff's id, or `system`."""

    at: datetime
    kind: AgendaKind
    key: str
    rule: str
    owner: str


@dataclass(frozen=True, slots=True)
class PlanSummary:
    """One line of the board. `urgency` is that of the most urgent open alert."""

    id: str
    client_id: str
    client: str
    therapist_id: str
    therapist: str
    site_id: str
    stage: Stage
    step: Step
    seq: int
    next: NextItem | None
    open_alerts: int
    urgency: Urgency | None
    open_approvals: int
    pack_version: str
    opened_at: datetime
    closed_at: datetime | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class PlanCursor:
    """Where a page of plans ended: the next begins with plans opened before this one."""

    opened_at: datetime
    id: str


class Waiting(StrEnum):
    """What somebody may be waited for."""

    alert = "alert"
    decision = "decision"
    nothing_next = "nothing_next"


@dataclass(frozen=True, slots=True)
class PlanFilter:
    """Which plans to list; what is None or empty does not filter. `client` is a part of a name."""

    stages: frozenset[Stage] = frozenset()
    open_only: bool = False
    therapist_id: str | None = None
    site_id: str | None = None
    client_id: str | None = None
    client: str | None = None
    step: Step | None = None
    waiting: Waiting | None = None
    sites: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class PlanPage:
    """Plans, newest first; `next` is None on the last page."""

    plans: tuple[PlanSummary, ...]
    next: PlanCursor | None


@dataclass(frozen=True, slots=True)
class PlanView:
    """One plan with its stored state."""

    summary: PlanSummary
    state: PlanState
    workflow_started_at: datetime | None


_OPEN_ALERTS = (
    select(func.count().label("open_alerts"), func.min(alerts.c.urgency).label("urgency"))
    .where(alerts.c.plan_id == plans.c.id, alerts.c.closed_at.is_(None))
    .lateral("open_alerts")
)
_OPEN_APPROVALS = (
    select(func.count().label("open_approvals"))
    .where(approvals.c.plan_id == plans.c.id, approvals.c.status == ApprovalStatus.open)
    .lateral("open_approvals")
)
_SUMMARY: Select[Any] = (
    select(
        plans.c.id,
        plans.c.client_id,
        func.concat(clients.c.given_name, " ", clients.c.family_name).label("client"),
        plans.c.therapist_id,
        staff.c.name.label("therapist"),
        plans.c.site_id,
        plans.c.stage,
        plans.c.step,
        plans.c.seq,
        plans.c.next_at,
        plans.c.next_kind,
        plans.c.next_key,
        plans.c.next_rule,
        plans.c.next_owner,
        _OPEN_ALERTS.c.open_alerts,
        _OPEN_ALERTS.c.urgency,
        _OPEN_APPROVALS.c.open_approvals,
        plans.c.pack_version,
        plans.c.opened_at,
        plans.c.closed_at,
        plans.c.updated_at,
    )
    .join(clients, clients.c.id == plans.c.client_id)
    .join(staff, staff.c.id == plans.c.therapist_id)
    .join(_OPEN_ALERTS, onclause=true())
    .join(_OPEN_APPROVALS, onclause=true())
)


_WAITING: dict[Waiting, Any] = {
    Waiting.alert: plans.c.id.in_(select(alerts.c.plan_id).where(alerts.c.closed_at.is_(None))),
    Waiting.decision: plans.c.id.in_(
        select(approvals.c.plan_id).where(approvals.c.status == ApprovalStatus.open)
    ),
    Waiting.nothing_next: and_(plans.c.next_at.is_(None), plans.c.closed_at.is_(None)),
}


async def list_plans(
    engine: AsyncEngine, wanted: PlanFilter, *, after: PlanCursor | None = None, limit: int = 50
) -> PlanPage:
    """A page of plans, the last opened first. The cursor stays right while plans are added."""
    query = _SUMMARY.where(*_conditions(wanted))
    if after is not None:
        query = query.where(tuple_(plans.c.opened_at, plans.c.id) < (after.opened_at, after.id))
    query = query.order_by(plans.c.opened_at.desc(), plans.c.id.desc()).limit(limit + 1)
    async with one_by_one(engine) as connection:
        found = tuple(_summary(row) for row in await connection.execute(query))
    page = found[:limit]
    last = PlanCursor(page[-1].opened_at, page[-1].id) if len(found) > limit else None
    return PlanPage(page, last)


def _conditions(wanted: PlanFilter) -> list[Any]:
    conditions: list[Any] = []
    if wanted.stages:
        conditions.append(plans.c.stage.in_(sorted(wanted.stages)))
    if wanted.open_only:
        conditions.append(plans.c.stage.not_in(sorted(CLOSED_STAGES)))
    for column, value in (
        (plans.c.therapist_id, wanted.therapist_id),
        (plans.c.site_id, wanted.site_id),
        (plans.c.client_id, wanted.client_id),
        (plans.c.step, wanted.step),
    ):
        if value is not None:
            conditions.append(column == value)
    if wanted.sites is not None:
        conditions.append(plans.c.site_id.in_(sorted(wanted.sites)))
    if wanted.waiting is not None:
        conditions.append(_WAITING[wanted.waiting])
    for word in (wanted.client or "").split():
        conditions.append(
            or_(
                clients.c.given_name.icontains(word, autoescape=True),
                clients.c.family_name.icontains(word, autoescape=True),
            )
        )
    return conditions


_PLAN = _SUMMARY.add_columns(plans.c.state, plans.c.workflow_started_at).where(
    plans.c.id == bindparam("plan")
)


async def plan(engine: AsyncEngine, plan_id: str) -> PlanView:
    """One plan; raises NotFoundError."""
    async with one_by_one(engine) as connection:
        row = (await connection.execute(_PLAN, {"plan": plan_id})).one_or_none()
    if row is None:
        raise NotFoundError("plan", plan_id)
    return PlanView(_summary(row), row.state, row.workflow_started_at)


async def states(engine: AsyncEngine, plan_ids: Collection[str]) -> dict[str, PlanState]:
    """The stored states of these plans, by their ids."""
    query = select(plans.c.id, plans.c.state).where(plans.c.id.in_(plan_ids))
    async with one_by_one(engine) as connection:
        return {row.id: row.state for row in await connection.execute(query)}


async def unstarted(engine: AsyncEngine, limit: int = 100) -> tuple[PlanState, ...]:
    """Plans whose workflow nobody is known to have started, oldest first, for the sweep."""
    query = select(plans.c.state).where(plans.c.workflow_started_at.is_(None))
    async with one_by_one(engine) as connection:
        return tuple((await connection.scalars(query.order_by(plans.c.opened_at).limit(limit))).all())


async def under_other_rules(
    engine: AsyncEngine, major: str, pack_hash: str, limit: int = 100
) -> tuple[PlanState, ...]:
    """Open plans pinned to another major version of the rules that the pack with this hash has not judged yet."""
    columns = plans.c
    query = select(columns.state).where(
        columns.closed_at.is_(None),
        func.split_part(columns.pack_version, ".", 1) != major,
        func.coalesce(type_coerce(columns.state, JSONB)["judged_under"].astext, "") != pack_hash,
    )
    async with one_by_one(engine) as connection:
        return tuple((await connection.scalars(query.order_by(columns.opened_at).limit(limit))).all())


async def mark_started(engine: AsyncEngine, plan_id: str, now: datetime) -> None:
    """The plan's workflow runs; the first start is the one on record."""
    first = func.coalesce(plans.c.workflow_started_at, now)
    async with engine.begin() as connection:
        await connection.execute(update(plans).where(plans.c.id == plan_id).values(workflow_started_at=first))


def _summary(row: Row[Any]) -> PlanSummary:
    following = None
    if row.next_at is not None:
        following = NextItem(row.next_at, row.next_kind, row.next_key, row.next_rule, row.next_owner)
    return PlanSummary(
        id=row.id,
        client_id=row.client_id,
        client=row.client,
        therapist_id=row.therapist_id,
        therapist=row.therapist,
        site_id=row.site_id,
        stage=row.stage,
        step=row.step,
        seq=row.seq,
        next=following,
        open_alerts=row.open_alerts,
        urgency=row.urgency,
        open_approvals=row.open_approvals,
        pack_version=row.pack_version,
        opened_at=row.opened_at,
        closed_at=row.closed_at,
        updated_at=row.updated_at,
    )
