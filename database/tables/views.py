"""What a member of staff keeps for themselves at the console."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Table, Text
from sqlalchemy.schema import UniqueConstraint

from database.tables.columns import Id, Moment, metadata

# `query` is the filters as they stand in the address: never a client's name.
saved_views = Table(
    "saved_views",
    metadata,
    Column("id", Id, primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("name", Text, nullable=False),
    Column("query", Text, nullable=False),
    Column("created_at", Moment, nullable=False),
    UniqueConstraint("staff_id", "name"),
)
