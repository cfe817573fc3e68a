"""Clients, what they agreed to, and the forms they filled in. Personal data lives here and nowhere else."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Date, ForeignKey, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import Index

from database.tables.columns import Id, Moment, Shape, metadata
from schemas.screening import ScreeningResult

clients = Table(
    "clients",
    metadata,
    Column("id", Id, primary_key=True),
    Column("given_name", Text, nullable=False),
    Column("family_name", Text, nullable=False),
    Column("date_of_birth", Date, nullable=False),
    Column("mobile", Text),
    Column("email", Text),
    Column("texts_allowed", Boolean, nullable=False),
    Column("language", Text, nullable=False, server_default=text("'en-GB'")),
    Column("gp", JSONB(none_as_null=True)),
    Column("emergency_contact", JSONB(none_as_null=True)),
    Column("created_at", Moment, nullable=False),
    Index(None, "mobile"),  # not unique: families share a telephone
    Index(None, "family_name", "given_name"),
    Index(
        "ix_clients_part_of_given_name",
        "given_name",
        postgresql_using="gin",
        postgresql_ops={"given_name": "gin_trgm_ops"},
    ),
    Index(
        "ix_clients_part_of_family_name",
        "family_name",
        postgresql_using="gin",
        postgresql_ops={"family_name": "gin_trgm_ops"},
    ),
)

consents = Table(
    "consents",
    metadata,
    Column("id", Id, primary_key=True),
    Column("client_id", Id, ForeignKey("clients.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("granted", Boolean, nullable=False),
    Column("wording", Text, nullable=False),
    Column("how", Text, nullable=False),
    Column("recorded_by", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "client_id", "at"),
)

intakes = Table(
    "intakes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("plan_id", Id, ForeignKey("plans.id"), nullable=False),
    Column("client_id", Id, ForeignKey("clients.id"), nullable=False),
    Column("idempotency_key", Text, nullable=False, unique=True),
    Column("body_hash", Text, nullable=False),
    Column("form", JSONB, nullable=False),
    Column("screening", Shape(ScreeningResult), nullable=False),
    Column("received_at", Moment, nullable=False),
    Index(None, "plan_id"),
    Index(None, "client_id"),
)
