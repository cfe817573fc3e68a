"""What waits for a person: approvals and alerts. Each has an owner and a deadline."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, text
from sqlalchemy.schema import Index

from database.tables.columns import Id, Moment, Shape, Word, metadata, one_of
from schemas.alerts import AlertReason
from schemas.plan import Proposal
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency


class ApprovalStatus(StrEnum):
    """How far a decision is: open, or how it ended."""

    open = "open"
    approve = "approve"
    edit = "edit"
    reject = "reject"
    lapsed = "lapsed"


approvals = Table(
    "approvals",
    metadata,
    Column("id", Id, primary_key=True),
    Column("plan_id", Id, ForeignKey("plans.id"), nullable=False),
    Column("kind", Word(ApprovalKind), nullable=False),
    Column("status", Word(ApprovalStatus), nullable=False),
    Column("proposal", Shape(Proposal), nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("due_at", Moment, nullable=False),
    Column("owner_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("escalations", Integer, nullable=False),
    Column("decided_by", Text),
    Column("decided_at", Moment),
    Column("reason_id", Id, ForeignKey("notes.id")),
    one_of("status", ApprovalStatus, "status"),
    Index(None, "plan_id"),
    Index("ix_approvals_open_of_plan", "plan_id", postgresql_where=text("status = 'open'")),
    Index("ix_approvals_open", "owner_id", "due_at", postgresql_where=text("status = 'open'")),
)

alerts = Table(
    "alerts",
    metadata,
    Column("id", Id, primary_key=True),
    Column("plan_id", Id, ForeignKey("plans.id"), nullable=False),
    Column("urgency", Word(Urgency), nullable=False),
    Column("reason", Word(AlertReason), nullable=False),
    Column("rule", Text, nullable=False),
    Column("session_no", Integer),
    Column("opened_at", Moment, nullable=False),
    Column("acknowledge_by", Moment, nullable=False),
    Column("contact_by", Moment, nullable=False),
    Column("owner_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("escalations", Integer, nullable=False),
    Column("acknowledged_at", Moment),
    Column("acknowledged_by", Text),
    Column("closed_at", Moment),
    Column("closed_by", Text),
    Column("outcome", Text),
    Column("note_id", Id, ForeignKey("notes.id")),
    Index(None, "plan_id"),
    Index("ix_alerts_open_of_plan", "plan_id", postgresql_where=text("closed_at IS NULL")),
    Index("ix_alerts_open", "urgency", "contact_by", postgresql_where=text("closed_at IS NULL")),
)
