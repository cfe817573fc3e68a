"""The clinic, its clients, their plans, their texts, and the story of it all."""

from __future__ import annotations

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

CLINIC = """
CREATE TABLE sites (
    id text CONSTRAINT pk_sites PRIMARY KEY,
    clinic_name text NOT NULL,
    name text NOT NULL,
    phone text NOT NULL,
    zone text NOT NULL,
    hours jsonb NOT NULL,
    created_at timestamptz NOT NULL
);

CREATE TABLE rooms (
    id text CONSTRAINT pk_rooms PRIMARY KEY,
    site_id text NOT NULL CONSTRAINT fk_rooms_site_id_sites REFERENCES sites (id),
    name text NOT NULL,
    CONSTRAINT uq_rooms_site_id_name UNIQUE (site_id, name)
);

CREATE TABLE staff (
    id text CONSTRAINT pk_staff PRIMARY KEY,
    name text NOT NULL,
    initials text NOT NULL,
    email text NOT NULL CONSTRAINT uq_staff_email UNIQUE,
    mobile text,
    hcpc_number text,
    hcpc_checked_on date,
    password_hash text,
    active boolean NOT NULL DEFAULT true
);

CREATE TABLE staff_roles (
    staff_id text NOT NULL CONSTRAINT fk_staff_roles_staff_id_staff REFERENCES staff (id),
    site_id text NOT NULL CONSTRAINT fk_staff_roles_site_id_sites REFERENCES sites (id),
    role text NOT NULL,
    CONSTRAINT pk_staff_roles PRIMARY KEY (staff_id, site_id, role)
);

-- Local wall time of the site: a therapist's Tuesday starts at 09:00 in summer and in winter.
CREATE TABLE availability (
    id text CONSTRAINT pk_availability PRIMARY KEY,
    staff_id text NOT NULL CONSTRAINT fk_availability_staff_id_staff REFERENCES staff (id),
    site_id text NOT NULL CONSTRAINT fk_availability_site_id_sites REFERENCES sites (id),
    room_id text NOT NULL CONSTRAINT fk_availability_room_id_rooms REFERENCES rooms (id),
    weekday smallint NOT NULL CONSTRAINT ck_availability_weekday CHECK (weekday BETWEEN 0 AND 6),
    starts time NOT NULL,
    ends time NOT NULL,
    CONSTRAINT ck_availability_starts_before_ends CHECK (starts < ends)
);
CREATE INDEX ix_availability_staff_id_weekday ON availability (staff_id, weekday);

CREATE TABLE absences (
    id text CONSTRAINT pk_absences PRIMARY KEY,
    staff_id text NOT NULL CONSTRAINT fk_absences_staff_id_staff REFERENCES staff (id),
    during tstzrange NOT NULL CONSTRAINT ck_absences_during CHECK (NOT isempty(during)),
    reason text NOT NULL
);
CREATE INDEX ix_absences_staff_id ON absences (staff_id);

CREATE TABLE api_tokens (
    id text CONSTRAINT pk_api_tokens PRIMARY KEY,
    token_hash text NOT NULL CONSTRAINT uq_api_tokens_token_hash UNIQUE,
    staff_id text NOT NULL CONSTRAINT fk_api_tokens_staff_id_staff REFERENCES staff (id),
    scopes text[] NOT NULL,
    created_at timestamptz NOT NULL,
    expires_at timestamptz,
    revoked_at timestamptz,
    last_used_at timestamptz
);
CREATE INDEX ix_api_tokens_staff_id ON api_tokens (staff_id);
"""

CLIENTS = """
CREATE TABLE clients (
    id text CONSTRAINT pk_clients PRIMARY KEY,
    given_name text NOT NULL,
    family_name text NOT NULL,
    date_of_birth date NOT NULL,
    mobile text,
    email text,
    texts_allowed boolean NOT NULL,
    language text NOT NULL DEFAULT 'en-GB',
    gp jsonb,
    emergency_contact jsonb,
    created_at timestamptz NOT NULL
);
-- Not unique: families share a telephone.
CREATE INDEX ix_clients_mobile ON clients (mobile);
CREATE INDEX ix_clients_family_name_given_name ON clients (family_name, given_name);

CREATE TABLE consents (
    id text CONSTRAINT pk_consents PRIMARY KEY,
    client_id text NOT NULL CONSTRAINT fk_consents_client_id_clients REFERENCES clients (id),
    kind text NOT NULL,
    granted boolean NOT NULL,
    wording text NOT NULL,
    how text NOT NULL,
    recorded_by text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_consents_client_id_at ON consents (client_id, at);
"""

PLANS = """
CREATE TABLE rule_packs (
    hash text CONSTRAINT pk_rule_packs PRIMARY KEY,
    version text NOT NULL,
    id text NOT NULL,
    status text NOT NULL,
    loaded_at timestamptz NOT NULL,
    body text NOT NULL
);
CREATE INDEX ix_rule_packs_id_version ON rule_packs (id, version);

CREATE TABLE plans (
    id text CONSTRAINT pk_plans PRIMARY KEY,
    client_id text NOT NULL CONSTRAINT fk_plans_client_id_clients REFERENCES clients (id),
    site_id text NOT NULL CONSTRAINT fk_plans_site_id_sites REFERENCES sites (id),
    therapist_id text NOT NULL CONSTRAINT fk_plans_therapist_id_staff REFERENCES staff (id),
    stage text NOT NULL CONSTRAINT ck_plans_stage CHECK (stage IN (
        'screening', 'deferred', 'awaiting_clearance', 'awaiting_approval', 'active', 'suspended',
        'discharged', 'declined', 'withdrawn'
    )),
    step text NOT NULL,
    seq bigint NOT NULL,
    cause text NOT NULL,
    texts jsonb NOT NULL,
    state jsonb NOT NULL,
    next_at timestamptz,
    next_kind text,
    next_key text,
    next_rule text,
    next_owner text,
    pack_version text NOT NULL,
    pack_hash text NOT NULL,
    opened_at timestamptz NOT NULL,
    closed_at timestamptz,
    workflow_started_at timestamptz,
    updated_at timestamptz NOT NULL,
    -- The end of the plan's event chain, so that appending needs no look at the events.
    chain_position bigint NOT NULL DEFAULT 0,
    chain_hash bytea NOT NULL
);
CREATE INDEX ix_plans_stage ON plans (stage);
CREATE INDEX ix_plans_next_at ON plans (next_at);
CREATE INDEX ix_plans_therapist_id_stage ON plans (therapist_id, stage);
CREATE INDEX ix_plans_client_id ON plans (client_id);
CREATE INDEX ix_plans_site_id ON plans (site_id);
CREATE INDEX ix_plans_opened_at_id ON plans (opened_at, id);

CREATE TABLE intakes (
    id text CONSTRAINT pk_intakes PRIMARY KEY,
    plan_id text NOT NULL CONSTRAINT fk_intakes_plan_id_plans REFERENCES plans (id),
    client_id text NOT NULL CONSTRAINT fk_intakes_client_id_clients REFERENCES clients (id),
    idempotency_key text NOT NULL CONSTRAINT uq_intakes_idempotency_key UNIQUE,
    body_hash text NOT NULL,
    form jsonb NOT NULL,
    screening jsonb NOT NULL,
    received_at timestamptz NOT NULL
);
CREATE INDEX ix_intakes_plan_id ON intakes (plan_id);
CREATE INDEX ix_intakes_client_id ON intakes (client_id);

CREATE TABLE notes (
    id text CONSTRAINT pk_notes PRIMARY KEY,
    plan_id text NOT NULL CONSTRAINT fk_notes_plan_id_plans REFERENCES plans (id),
    author_id text NOT NULL CONSTRAINT fk_notes_author_id_staff REFERENCES staff (id),
    kind text NOT NULL,
    body text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_notes_plan_id_at ON notes (plan_id, at);
"""

# Deferrable, so that one statement may swap two sessions; immediate, so that none ends overlapped.
SESSIONS = """
CREATE TABLE sessions (
    plan_id text NOT NULL CONSTRAINT fk_sessions_plan_id_plans REFERENCES plans (id),
    no integer NOT NULL,
    status text NOT NULL CONSTRAINT ck_sessions_status CHECK (status IN (
        'unplaced', 'booked', 'held', 'attended', 'no_show', 'late_cancel', 'cancelled', 'lapsed'
    )),
    revision integer NOT NULL,
    confirmed boolean NOT NULL,
    step text NOT NULL,
    therapist_id text NOT NULL CONSTRAINT fk_sessions_therapist_id_staff REFERENCES staff (id),
    room_id text NOT NULL CONSTRAINT fk_sessions_room_id_rooms REFERENCES rooms (id),
    during tstzrange NOT NULL CONSTRAINT ck_sessions_during CHECK (NOT isempty(during)),
    minutes integer NOT NULL,
    pain double precision,
    stiffness double precision,
    primary_value double precision,
    techniques text[] NOT NULL DEFAULT '{}',
    note_id text CONSTRAINT fk_sessions_note_id_notes REFERENCES notes (id),
    recorded_by text,
    recorded_at timestamptz,
    CONSTRAINT pk_sessions PRIMARY KEY (plan_id, no),
    CONSTRAINT ex_sessions_therapist
        EXCLUDE USING gist (therapist_id WITH =, during WITH &&) WHERE (status IN ('booked', 'held'))
        DEFERRABLE INITIALLY IMMEDIATE,
    CONSTRAINT ex_sessions_room
        EXCLUDE USING gist (room_id WITH =, during WITH &&) WHERE (status IN ('booked', 'held'))
        DEFERRABLE INITIALLY IMMEDIATE
);
CREATE INDEX ix_sessions_note_id ON sessions (note_id);
"""

ATTENTION = """
CREATE TABLE approvals (
    id text CONSTRAINT pk_approvals PRIMARY KEY,
    plan_id text NOT NULL CONSTRAINT fk_approvals_plan_id_plans REFERENCES plans (id),
    kind text NOT NULL,
    status text NOT NULL CONSTRAINT ck_approvals_status
        CHECK (status IN ('open', 'approve', 'edit', 'reject', 'lapsed')),
    proposal jsonb NOT NULL,
    opened_at timestamptz NOT NULL,
    due_at timestamptz NOT NULL,
    owner_id text NOT NULL CONSTRAINT fk_approvals_owner_id_staff REFERENCES staff (id),
    escalations integer NOT NULL,
    decided_by text,
    decided_at timestamptz,
    reason_id text CONSTRAINT fk_approvals_reason_id_notes REFERENCES notes (id)
);
CREATE INDEX ix_approvals_plan_id ON approvals (plan_id);
CREATE INDEX ix_approvals_open ON approvals (owner_id, due_at) WHERE status = 'open';

CREATE TABLE alerts (
    id text CONSTRAINT pk_alerts PRIMARY KEY,
    plan_id text NOT NULL CONSTRAINT fk_alerts_plan_id_plans REFERENCES plans (id),
    urgency text NOT NULL,
    reason text NOT NULL,
    rule text NOT NULL,
    session_no integer,
    opened_at timestamptz NOT NULL,
    acknowledge_by timestamptz NOT NULL,
    contact_by timestamptz NOT NULL,
    owner_id text NOT NULL CONSTRAINT fk_alerts_owner_id_staff REFERENCES staff (id),
    escalations integer NOT NULL,
    acknowledged_at timestamptz,
    acknowledged_by text,
    closed_at timestamptz,
    closed_by text,
    outcome text,
    note_id text CONSTRAINT fk_alerts_note_id_notes REFERENCES notes (id)
);
CREATE INDEX ix_alerts_plan_id ON alerts (plan_id);
CREATE INDEX ix_alerts_open ON alerts (urgency, contact_by) WHERE closed_at IS NULL;
"""

TEXTS = """
CREATE TABLE messages (
    key text CONSTRAINT pk_messages PRIMARY KEY,
    plan_id text NOT NULL CONSTRAINT fk_messages_plan_id_plans REFERENCES plans (id),
    audience text NOT NULL,
    recipient_id text NOT NULL,
    purpose text NOT NULL,
    template text NOT NULL,
    rule text NOT NULL,
    agenda_key text,
    session_no integer,
    session_revision integer,
    order_json jsonb NOT NULL,
    status text NOT NULL CONSTRAINT ck_messages_status CHECK (status IN (
        'pending', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'unknown', 'suppressed', 'expired'
    )),
    to_number text,
    body text,
    segments integer,
    provider_sid text CONSTRAINT uq_messages_provider_sid UNIQUE,
    reason text,
    error_code text,
    ordered_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    queued_at timestamptz NOT NULL,
    sending_at timestamptz,
    -- The real clock at the last claim: plans may run in virtual time, the provider does not.
    claimed_at timestamptz,
    sent_at timestamptz,
    settled_at timestamptz,
    attempts integer NOT NULL DEFAULT 0,
    prompt boolean NOT NULL,
    -- When the plan learnt that the text had failed for good.
    plan_told_at timestamptz
);
CREATE INDEX ix_messages_plan_id_ordered_at ON messages (plan_id, ordered_at);
CREATE INDEX ix_messages_to_number_sent_at ON messages (to_number, sent_at);
CREATE INDEX ix_messages_unsettled ON messages (status, expires_at)
    WHERE status IN ('pending', 'sending', 'unknown');

CREATE TABLE receipts (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_receipts PRIMARY KEY,
    provider_sid text NOT NULL,
    status text NOT NULL,
    error_code text,
    message_key text,
    raw jsonb NOT NULL,
    received_at timestamptz NOT NULL,
    CONSTRAINT uq_receipts_provider_sid_status UNIQUE (provider_sid, status)
);

CREATE TABLE inbound_messages (
    id text CONSTRAINT pk_inbound_messages PRIMARY KEY,
    provider_sid text NOT NULL CONSTRAINT uq_inbound_messages_provider_sid UNIQUE,
    from_number text NOT NULL,
    to_number text NOT NULL,
    body text NOT NULL,
    num_media integer NOT NULL,
    raw jsonb NOT NULL,
    received_at timestamptz NOT NULL,
    -- Sender, words and minute: NULL on a repeat, which names its original instead.
    minute_key text CONSTRAINT uq_inbound_messages_minute_key UNIQUE,
    duplicate_of text CONSTRAINT fk_inbound_messages_duplicate_of_inbound_messages
        REFERENCES inbound_messages (id),
    status text NOT NULL CONSTRAINT ck_inbound_messages_status
        CHECK (status IN ('received', 'routed', 'read', 'unmatched', 'duplicate')),
    plan_id text CONSTRAINT fk_inbound_messages_plan_id_plans REFERENCES plans (id),
    routed_at timestamptz,
    reading jsonb,
    answers_key text
);
CREATE INDEX ix_inbound_messages_plan_id_received_at ON inbound_messages (plan_id, received_at);
CREATE INDEX ix_inbound_messages_from_number_received_at ON inbound_messages (from_number, received_at);
CREATE INDEX ix_inbound_messages_open ON inbound_messages (received_at)
    WHERE status IN ('received', 'unmatched');
CREATE INDEX ix_inbound_messages_duplicate_of ON inbound_messages (duplicate_of);
"""

EVENTS = """
CREATE TABLE events (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_events PRIMARY KEY,
    plan_id text NOT NULL CONSTRAINT fk_events_plan_id_plans REFERENCES plans (id),
    plan_seq bigint NOT NULL,
    position bigint NOT NULL,
    kind text NOT NULL,
    at timestamptz NOT NULL,
    rule text,
    actor text NOT NULL,
    facts jsonb NOT NULL,
    previous_hash bytea NOT NULL,
    hash bytea NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    CONSTRAINT uq_events_plan_id_position UNIQUE (plan_id, position)
);

CREATE FUNCTION refuse_to_change_events() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'events are append-only: % refused', TG_OP
        USING HINT = 'record a new event that corrects the old one', ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER events_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_events();
"""

TABLES = (
    *("events", "inbound_messages", "receipts", "messages", "alerts", "approvals", "sessions", "notes"),
    *("intakes", "plans", "rule_packs", "consents", "clients"),
    *("api_tokens", "absences", "availability", "staff_roles", "staff", "rooms", "sites"),
)


def upgrade() -> None:
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    for theme in (CLINIC, CLIENTS, PLANS, SESSIONS, ATTENTION, TEXTS, EVENTS):
        op.execute(theme)


def downgrade() -> None:
    for table in TABLES:
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP FUNCTION refuse_to_change_events")
