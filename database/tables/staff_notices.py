"""What staff are told by e-mail: that something waits for them, and the morning's digest."""

from __future__ import annotations

from enum import StrEnum

from sqlalchemy import Column, ForeignKey, Integer, Table, Text, text
from sqlalchemy.schema import Index

from database.tables.columns import Id, Moment, Word, metadata, one_of
from schemas.messages import MessageStatus


class NoticeKind(StrEnum):
    """What a notice is about."""

    approval = "approval"
    alert = "alert"
    digest = "digest"


# Apart from `messages`: a digest belongs to no plan, and no plan waits for what its staff are told. The states and
# their table are the same.
staff_notices = Table(
    "staff_notices",
    metadata,
    # Occasion and recipient: one person is told of one occasion once.
    Column("key", Text, primary_key=True),
    Column("kind", Word(NoticeKind), nullable=False),
    # The approval, the alert or the site's day, with what makes it new again: how often it was passed on.
    Column("occasion", Text, nullable=False),
    Column("subject_id", Id, nullable=False),
    Column("site_id", Id, ForeignKey("sites.id"), nullable=False),
    Column("plan_id", Id, ForeignKey("plans.id")),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    # Whose it is, where that is somebody else: on leave, or not reached.
    Column("in_place_of", Id, ForeignKey("staff.id")),
    Column("status", Word(MessageStatus), nullable=False),
    Column("reason", Text),
    Column("subject", Text),
    Column("body", Text),
    Column("attempts", Integer, nullable=False, server_default=text("0")),
    Column("entered_at", Moment, nullable=False),
    Column("expires_at", Moment, nullable=False),
    # The real clock at the last claim.
    Column("claimed_at", Moment),
    Column("settled_at", Moment),
    one_of("status", MessageStatus, "status"),
    Index(None, "occasion"),
    Index(None, "subject_id"),
    Index(
        "ix_staff_notices_in_vain",
        "subject_id",
        postgresql_where=text("status IN ('failed', 'unknown', 'expired')"),
    ),
    Index(None, "staff_id", "entered_at"),
    Index("ix_staff_notices_open", "entered_at", postgresql_where=text("status IN ('pending', 'sending')")),
)
