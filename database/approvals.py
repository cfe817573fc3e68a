"""Approvals: the therapist's inbox, and how each decision was taken."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.errors import NotFoundError
from database.tables import approvals, clients, notes, plans, staff
from database.tables.attention import ApprovalStatus
from schemas.plan import Proposal
from schemas.protocol import ApprovalKind


@dataclass(frozen=True, slots=True)
class ApprovalView:
    """A decision that waits or was taken; `reason` is the words it was taken with."""

    id: str
    plan_id: str
    client: str
    therapist_id: str
    kind: ApprovalKind
    status: ApprovalStatus
    proposal: Proposal
    opened_at: datetime
    due_at: datetime
    owner_id: str
    owner: str
    escalations: int
    decided_by: str | None
    decided_at: datetime | None
    reason: str | None


_VIEW: Select[Any] = (
    select(
        approvals.c.id,
        approvals.c.plan_id,
        func.concat(clients.c.given_name, " ", clients.c.family_name).label("client"),
        plans.c.therapist_id,
        approvals.c.kind,
        approvals.c.status,
        approvals.c.proposal,
        approvals.c.opened_at,
        approvals.c.due_at,
        approvals.c.owner_id,
        staff.c.name.label("owner"),
        approvals.c.escalations,
        approvals.c.decided_by,
        approvals.c.decided_at,
        notes.c.body.label("reason"),
    )
    .join(plans, plans.c.id == approvals.c.plan_id)
    .join(clients, clients.c.id == plans.c.client_id)
    .join(staff, staff.c.id == approvals.c.owner_id)
    .outerjoin(notes, notes.c.id == approvals.c.reason_id)
)

_OF_PLAN = _VIEW.where(approvals.c.plan_id == bindparam("plan")).order_by(
    approvals.c.opened_at.desc(), approvals.c.id
)
_ONE = _VIEW.where(approvals.c.id == bindparam("approval"))


async def open_approvals(
    engine: AsyncEngine,
    *,
    owner_id: str | None = None,
    kind: ApprovalKind | None = None,
    sites: frozenset[str] | None = None,
) -> tuple[ApprovalView, ...]:
    """What waits for a decision, the earliest deadline first; of one owner, kind or some sites if asked."""
    query = _VIEW.where(approvals.c.status == ApprovalStatus.open)
    if owner_id is not None:
        query = query.where(approvals.c.owner_id == owner_id)
    if kind is not None:
        query = query.where(approvals.c.kind == kind)
    if sites is not None:
        query = query.where(plans.c.site_id.in_(sorted(sites)))
    return await _all(engine, query.order_by(approvals.c.due_at, approvals.c.id))


async def approvals_of_plan(engine: AsyncEngine, plan_id: str) -> tuple[ApprovalView, ...]:
    """Every decision of a plan, taken or not, newest first."""
    return await _all(engine, _OF_PLAN, {"plan": plan_id})


async def approval(engine: AsyncEngine, approval_id: str) -> ApprovalView:
    """One decision; raises NotFoundError."""
    found = await _all(engine, _ONE, {"approval": approval_id})
    if not found:
        raise NotFoundError("approval", approval_id)
    return found[0]


async def _all(
    engine: AsyncEngine, query: Select[Any], asked: dict[str, str] | None = None
) -> tuple[ApprovalView, ...]:
    async with one_by_one(engine) as connection:
        return tuple(_view(row) for row in await connection.execute(query, asked))


def _view(row: Row[Any]) -> ApprovalView:
    return ApprovalView(**row._mapping)
