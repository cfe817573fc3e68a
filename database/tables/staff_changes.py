"""The story of the accounts of staff. Append-only, as the plans' events are."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Identity, Table, Text, func
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import Index

from database.tables.columns import Id, Moment, Number, Word, metadata
from schemas.staff_changes import StaffChange

staff_changes = Table(
    "staff_changes",
    metadata,
    Column("id", Number, Identity(always=True), primary_key=True),
    # The real clock, whatever a demo's shows.
    Column("at", Moment, nullable=False, server_default=func.now()),
    Column("kind", Word(StaffChange), nullable=False),
    # Whose account it is; NULL for an export, which is about nobody's.
    Column("staff_id", Id, ForeignKey("staff.id")),
    # A member of staff, or the command line.
    Column("changed_by", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Index(None, "staff_id", "id"),
)
