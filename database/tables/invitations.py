"""Invitations to the intake form, with the answers given so far. Both go when the invitation ends."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, text
from sqlalchemy.schema import CheckConstraint, Index

from database.tables.columns import Id, Moment, Shape, Word, metadata, one_of
from schemas.invitations import InvitationState, InvitationWay, InvitedClient
from schemas.messages import MessageStatus

invitations = Table(
    "invitations",
    metadata,
    Column("id", Id, primary_key=True),
    Column("state", Word(InvitationState), nullable=False),
    Column("way", Word(InvitationWay), nullable=False),
    Column("client", Shape(InvitedClient)),
    # One entry for each question answered, by the question's name.
    Column("answers", Shape(dict[str, dict[str, Any]])),
    Column("created_by", Id, ForeignKey("staff.id"), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("wrong_birthdays", Integer, nullable=False, server_default=text("0")),
    Column("ended_at", Moment),
    Column("plan_id", Id, ForeignKey("plans.id")),
    # The rule pack's message that the client was shown at the end, to be shown again to them alone.
    Column("advice", Text),
    # The text that carries the link. Its words hold the link, so they are made anew and never kept.
    Column("text_no", Integer, nullable=False, server_default=text("0")),
    Column("text_status", Word(MessageStatus)),
    Column("text_sid", Text),
    Column("text_reason", Text),
    Column("text_claimed_at", Moment),
    one_of("state", InvitationState, "state"),
    CheckConstraint("(state = 'open') = (client IS NOT NULL)", name="client_while_open"),
    CheckConstraint("(state = 'open') = (ended_at IS NULL)", name="ended"),
    Index("ix_invitations_open", "expires_at", postgresql_where=text("state = 'open'")),
    Index(
        "ix_invitations_texts",
        "text_claimed_at",
        postgresql_where=text("text_status IN ('pending', 'sending')"),
    ),
    Index(None, "created_by"),
    Index(None, "plan_id"),
)
