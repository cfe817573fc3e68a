"""Plans and what belongs to them: sessions on the calendar, notes, and the append-only story."""

from __future__ import annotations

from sqlalchemy import (
    ARRAY,
    Boolean,
    Column,
    Double,
    ForeignKey,
    Identity,
    Integer,
    LargeBinary,
    Table,
    Text,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB, ExcludeConstraint
from sqlalchemy.schema import CheckConstraint, Index, UniqueConstraint

from database.tables.columns import Id, Moment, Number, Shape, Span, Word, metadata, one_of
from schemas.events import EventKind
from schemas.messages import TextOrder
from schemas.plan import AgendaKind, PlanState, SessionStatus, Stage
from schemas.taper import Step

rule_packs = Table(
    "rule_packs",
    metadata,
    Column("hash", Text, primary_key=True),
    Column("version", Text, nullable=False),
    Column("id", Text, nullable=False),
    Column("status", Text, nullable=False),
    Column("loaded_at", Moment, nullable=False),
    Column("body", Text, nullable=False),
    Index(None, "id", "version"),
)

plans = Table(
    "plans",
    metadata,
    Column("id", Id, primary_key=True),
    Column("client_id", Id, ForeignKey("clients.id"), nullable=False),
    Column("site_id", Id, ForeignKey("sites.id"), nullable=False),
    Column("therapist_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("stage", Word(Stage), nullable=False),
    Column("step", Word(Step), nullable=False),
    Column("seq", Number, nullable=False),
    Column("cause", Text, nullable=False),
    Column("texts", Shape(tuple[TextOrder, ...]), nullable=False),
    Column("state", Shape(PlanState), nullable=False),
    Column("next_at", Moment),
    Column("next_kind", Word(AgendaKind)),
    Column("next_key", Text),
    Column("next_rule", Text),
    Column("next_owner", Text),
    Column("pack_version", Text, nullable=False),
    Column("pack_hash", Text, nullable=False),
    Column("opened_at", Moment, nullable=False),
    Column("closed_at", Moment),
    Column("workflow_started_at", Moment),
    Column("updated_at", Moment, nullable=False),
    # The end of the plan's event chain, so that appending needs no look at the events.
    Column("chain_position", Number, nullable=False, server_default=text("0")),
    Column("chain_hash", LargeBinary, nullable=False),
    one_of("stage", Stage, "stage"),
    Index(None, "stage"),
    Index(None, "stage", "opened_at", "id"),
    Index(None, "next_at"),
    Index(None, "therapist_id", "stage"),
    Index(None, "client_id"),
    Index(None, "site_id", "opened_at", "id"),
    Index(None, "opened_at", "id"),
)

_TAKES_A_SLOT = "status IN ('booked', 'held')"

sessions = Table(
    "sessions",
    metadata,
    Column("plan_id", Id, ForeignKey("plans.id"), primary_key=True),
    Column("no", Integer, primary_key=True),
    Column("status", Word(SessionStatus), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("confirmed", Boolean, nullable=False),
    Column("step", Word(Step), nullable=False),
    Column("therapist_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("room_id", Id, ForeignKey("rooms.id"), nullable=False),
    Column("during", Span, nullable=False),
    Column("minutes", Integer, nullable=False),
    Column("pain", Double),
    Column("stiffness", Double),
    Column("primary_value", Double),
    Column("techniques", ARRAY(Text), nullable=False, server_default=text("'{}'")),
    Column("note_id", Id, ForeignKey("notes.id")),
    Column("recorded_by", Text),
    Column("recorded_at", Moment),
    one_of("status", SessionStatus, "status"),
    CheckConstraint("NOT isempty(during)", name="during"),
    # Deferrable, so that one statement may swap two sessions; immediate, so that none ends overlapped.
    ExcludeConstraint(
        ("therapist_id", "="),
        ("during", "&&"),
        name="ex_sessions_therapist",
        using="gist",
        where=text(_TAKES_A_SLOT),
        deferrable=True,
        initially="IMMEDIATE",
    ),
    ExcludeConstraint(
        ("room_id", "="),
        ("during", "&&"),
        name="ex_sessions_room",
        using="gist",
        where=text(_TAKES_A_SLOT),
        deferrable=True,
        initially="IMMEDIATE",
    ),
    Index(None, "note_id"),
)

notes = Table(
    "notes",
    metadata,
    Column("id", Id, primary_key=True),
    Column("plan_id", Id, ForeignKey("plans.id"), nullable=False),
    Column("author_id", Id, ForeignKey("staff.id"), nullable=False),
    Column("kind", Text, nullable=False),
    Column("body", Text, nullable=False),
    Column("at", Moment, nullable=False),
    Index(None, "plan_id", "at"),
)

# A trigger refuses UPDATE, DELETE and TRUNCATE; the hash chain shows it if someone gets round the trigger.
events = Table(
    "events",
    metadata,
    Column("id", Number, Identity(always=True), primary_key=True),
    Column("plan_id", Id, ForeignKey("plans.id"), nullable=False),
    Column("plan_seq", Number, nullable=False),
    Column("position", Number, nullable=False),
    Column("kind", Word(EventKind), nullable=False),
    Column("at", Moment, nullable=False),
    Column("rule", Text),
    Column("actor", Text, nullable=False),
    Column("facts", JSONB, nullable=False),
    Column("previous_hash", LargeBinary, nullable=False),
    Column("hash", LargeBinary, nullable=False),
    Column("recorded_at", Moment, nullable=False, server_default=text("now()")),
    UniqueConstraint("plan_id", "position"),
)
