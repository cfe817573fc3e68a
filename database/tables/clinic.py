"""The clinic itself: sites, rooms, staff, their hours, and the keys to the API."""

from __future__ import annotations

from sqlalchemy import ARRAY, Boolean, Column, Date, ForeignKey, SmallInteger, Table, Text, Time, text
from sqlalchemy.schema import CheckConstraint, Index, UniqueConstraint

from database.tables.columns import Id, Moment, Shape, Span, Word, metadata, one_of
from schemas.commands import Role
from schemas.protocol import SiteHours
from schemas.rules_texting import Nation

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
    Column("nation", Word(Nation), nullable=False, server_default=Nation.england.value),
    one_of("nation", Nation, "nation"),
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
    # Somebody else chose the password: it opens only the page where its owner chooses another.
    Column("password_temporary", Boolean, nullable=False, server_default=text("false")),
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

# Time in which somebody treats nobody. With a delegate it is leave: what waits for them goes to that person.
absences = Table(
    "absences",
    metadata,
    Column("id", Id, primary_key=True),
    Column("staff_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("during", Span, nullable=False),
    Column("reason", Text, nullable=False),
    Column("delegate_id", Id, ForeignKey("staff.id")),
    Column("set_by", Id, ForeignKey("staff.id")),
    CheckConstraint("NOT isempty(during)", name="during"),
    CheckConstraint("delegate_id <> staff_id", name="delegate"),
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
    # What its owner knows it by: the name they gave a token, the browser of a log-in.
    Column("label", Text, nullable=False, server_default=text("''")),
    Column("created_at", Moment, nullable=False),
    Column("expires_at", Moment),
    Column("revoked_at", Moment),
    Column("last_used_at", Moment),
    Index(None, "staff_id"),
)

# A log-in that went to the clinic's identity provider and is expected back, once, in the same browser.
log_ins_away = Table(
    "log_ins_away",
    metadata,
    Column("state_hash", Text, primary_key=True),
    Column("nonce", Text, nullable=False),
    Column("verifier", Text, nullable=False),
    Column("goes_to", Text, nullable=False),
    Column("expires_at", Moment, nullable=False),
    Index(None, "expires_at"),
)
