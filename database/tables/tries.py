"""What was tried at a door lately: log-ins, links to forms. Kept for minutes, so that guessing is slow."""

from __future__ import annotations

from sqlalchemy import Column, Identity, Table, Text
from sqlalchemy.schema import Index

from database.tables.columns import Moment, Number, metadata

tries = Table(
    "tries",
    metadata,
    Column("id", Number, Identity(always=True), primary_key=True),
    # The door and a digest of who stands there: what people type into a log-in may be anything, even a password.
    Column("subject", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "subject", "at"),
    Index(None, "at"),
)
