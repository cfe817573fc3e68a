"""When the service was away, and how far each of its rounds has come."""

from __future__ import annotations

from sqlalchemy import Column, Table, Text
from sqlalchemy.schema import CheckConstraint, Index

from database.tables.columns import Id, Moment, metadata

# How far each round has come: what lies between two marks was not looked at.
rounds = Table(
    "rounds",
    metadata,
    Column("name", Text, primary_key=True),
    Column("reached_at", Moment, nullable=False),
)

outages = Table(
    "outages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("began_at", Moment, nullable=False),
    Column("ended_at", Moment, nullable=False),
    CheckConstraint("began_at < ended_at", name="began_before_ended"),
    Index(None, "ended_at"),
)
