"""Texts out and in: the outbox, the provider's receipts, what clients sent, and each site's own wording."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Boolean, Column, ForeignKey, Identity, Integer, Table, Text, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import CheckConstraint, Index, UniqueConstraint

from database.tables.columns import Id, Moment, Number, Shape, Word, metadata, one_of
from schemas.messages import Audience, ChannelName, CheckResult, MessageStatus, TextOrder, TextPurpose
from schemas.replies import Reading


class InboundStatus(StrEnum):
    """How far an inbound text is: stored, given to a plan, read there, or waiting for a person."""

    received = "received"
    routed = "routed"
    read = "read"
    unmatched = "unmatched"
    duplicate = "duplicate"


messages = Table(
    "messages",
    metadata,
    Column("key", Text, primary_key=True),
    Column("plan_id", Id, ForeignKey("plans.id"), nullable=False),
    # The plan's. Triggers fill it, whoever enters a text or moves a plan: `texts_know_their_site` and its like.
    Column("site_id", Id),
    Column("audience", Word(Audience), nullable=False),
    Column("recipient_id", Id, nullable=False),
    Column("purpose", Word(TextPurpose), nullable=False),
    Column("template", Text, nullable=False),
    Column("rule", Text, nullable=False),
    Column("agenda_key", Text),
    Column("session_no", Integer),
    Column("session_revision", Integer),
    Column("order_json", Shape(TextOrder), nullable=False),
    Column("status", Word(MessageStatus), nullable=False),
    Column("to_number", Text),
    Column("body", Text),
    Column("segments", Integer),
    Column("provider_sid", Text, unique=True),
    Column("reason", Text),
    Column("error_code", Text),
    Column("ordered_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Column("queued_at", Moment, nullable=False),
    Column("sending_at", Moment),
    # The real clock at the last claim: plans may run in virtual time, the provider does not.
    Column("claimed_at", Moment),
    Column("sent_at", Moment),
    Column("settled_at", Moment),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("prompt", Boolean, nullable=False),
    # When the plan learnt that the text had failed for good, or that nobody knows whether it went.
    Column("plan_told_at", Moment),
    Column("channel", Word(ChannelName), nullable=False, server_default=text("'sms'")),
    # The text that this one goes out in place of: once each.
    Column("stands_for", Text, ForeignKey("messages.key"), unique=True),
    Column("checks", Shape(tuple[CheckResult, ...])),
    # Which words were used: the template's version, the site's own if it has one, and their digest.
    Column("wording", Text),
    Column("asked_after_at", Moment),
    one_of("status", MessageStatus, "status"),
    Index(None, "plan_id", "ordered_at"),
    Index(None, "ordered_at", "key"),
    Index(None, "site_id", "ordered_at", "key"),
    Index(None, "to_number", "sent_at"),
    Index(
        "ix_messages_unsettled",
        "status",
        "expires_at",
        postgresql_where=text("status IN ('pending', 'sending', 'unknown')"),
    ),
    Index("ix_messages_unanswered", "claimed_at", postgresql_where=text("status = 'sent'")),
    Index(None, "recipient_id", "sent_at"),
    Index(
        "ix_messages_in_trouble_at_site",
        "site_id",
        "ordered_at",
        "key",
        postgresql_where=text("status IN ('failed', 'undelivered', 'unknown')"),
    ),
    Index(
        "ix_messages_kept_back_at_site",
        "site_id",
        "ordered_at",
        "key",
        postgresql_where=text("status IN ('suppressed', 'expired')"),
    ),
    Index(
        "ix_messages_mailed_at_site",
        "site_id",
        "ordered_at",
        "key",
        postgresql_where=text("channel = 'email'"),
    ),
    Index("ix_messages_failed", "settled_at", postgresql_where=text("status IN ('failed', 'undelivered')")),
)

receipts = Table(
    "receipts",
    metadata,
    Column("id", Number, Identity(always=True), primary_key=True),
    Column("provider_sid", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("error_code", Text),
    Column("message_key", Text),
    Column("raw", JSONB, nullable=False),
    Column("received_at", Moment, nullable=False),
    UniqueConstraint("provider_sid", "status"),
)

inbound_messages = Table(
    "inbound_messages",
    metadata,
    Column("id", Id, primary_key=True),
    Column("provider_sid", Text, nullable=False, unique=True),
    Column("from_number", Text, nullable=False),
    Column("to_number", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("num_media", Integer, nullable=False),
    Column("raw", JSONB, nullable=False),
    Column("received_at", Moment, nullable=False),
    # Sender, words and minute: NULL on a repeat, which names its original instead.
    Column("minute_key", Text, unique=True),
    Column("duplicate_of", Id, ForeignKey("inbound_messages.id")),
    Column("status", Word(InboundStatus), nullable=False),
    Column("plan_id", Id, ForeignKey("plans.id")),
    Column("routed_at", Moment),
    Column("reading", Shape(Reading)),
    Column("answers_key", Text),
    one_of("status", InboundStatus, "status"),
    Index(None, "plan_id", "received_at"),
    Index(None, "from_number", "received_at"),
    Index(
        "ix_inbound_messages_open",
        "received_at",
        postgresql_where=text("status IN ('received', 'unmatched')"),
    ),
    Index(None, "duplicate_of"),
)

# A site's own wording of a text. Versions are added, never changed: what was sent can always be shown.
site_texts = Table(
    "site_texts",
    metadata,
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("language", Text, primary_key=True),
    Column("name", Text, primary_key=True),
    Column("version", Integer, primary_key=True, autoincrement=False),
    # NULL goes back to the product's own words.
    Column("body", Text),
    Column("written_by", Text, nullable=False),
    Column("written_at", Moment, nullable=False),
    CheckConstraint("version >= 1", name="version"),
)
