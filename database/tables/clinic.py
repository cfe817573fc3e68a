"""The clinic itself: sites, rooms, staff, their hours, and the keys to the API."""

from __future__ import annotations

from sqlalchemy import ARRAY, Boolean, Column, Date, ForeignKey, SmallInteger, Table, Text, Time, text
from sqlalchemy.schema import CheckConstraint, Index, UniqueConstraint

from database.tables.columns import Id, Moment, Shape, Span, Word, metadata
from schemas.commands import Role
from schemas.protocol import SiteHours

sites = Table(
    "sites",
    metadata,
    Column("id", Id, primary_key=True),
    Column("clinic_name", Text, nullable=False),
    Column("name", Text, nullable=False),
    Column("phone", Text, nullable=False),
    Column("zone", Text, nullable=False),
    Column("hours", Shape(SiteHours), nullable=False),
    Column("created_at", Moment, nullable=False),
)

rooms = Table(
    "rooms",
    metadata,
    Column("id", Id, primary_key=True),
    Column("site_id", Id, ForeignKey("sites.id"), nullable=False),
    Column("name", Text, nullable=False),
    UniqueConstraint("site_id", "name"),
)

staff = Table(
    "staff",
    metadata,
    Column("id", Id, primary_key=True),
    Column("name", Text, nullable=False),
    Column("initials", Text, nullable=False),
    Column("email", Text, nullable=False, unique=True),
    Column("mobile", Text),
    Column("hcpc_number", Text),
    Column("hcpc_checked_on", Date),
    Column("password_hash", Text),
    Column("active", Boolean, nullable=False, server_default=text("true")),
)

staff_roles = Table(
    "staff_roles",
    metadata,
    Column("staff_id", Id, ForeignKey("staff.id"), primary_key=True),
    Column("site_id", Id, ForeignKey("sites.id"), primary_key=True),
    Column("role", Word(Role), primary_key=True),
)

# Local wall time: a therapist's Tuesday starts at 09:00 in summer and in winter.
availability = Table(
    "availability",
    metadata,
    Column("id", Id, primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("site_id", Id, ForeignKey("sites.id"), nullable=False),
    Column("room_id", Id, ForeignKey("rooms.id"), nullable=False),
    Column("weekday", SmallInteger, nullable=False),
    Column("starts", Time, nullable=False),
    Column("ends", Time, nullable=False),
    CheckConstraint("weekday BETWEEN 0 AND 6", name="weekday"),
    CheckConstraint("starts < ends", name="starts_before_ends"),
    Index(None, "staff_id", "weekday"),
)

absences = Table(
    "absences",
    metadata,
    Column("id", Id, primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("during", Span, nullable=False),
    Column("reason", Text, nullable=False),
    CheckConstraint("NOT isempty(during)", name="during"),
    Index(None, "staff_id"),
)

# A console log-in is a token with the scope `console` and an end.
api_tokens = Table(
    "api_tokens",
    metadata,
    Column("id", Id, primary_key=True),
    Column("token_hash", Text, nullable=False, unique=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("scopes", ARRAY(Text), nullable=False),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    Column("last_used_at", Moment),
    Index(None, "staff_id"),
)
