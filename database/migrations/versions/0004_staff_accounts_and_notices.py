"""Staff have accounts of their own, leave with a delegate, and are told what waits for them."""

from __future__ import annotations

from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None

ACCOUNTS = """
ALTER TABLE staff ADD COLUMN password_temporary boolean NOT NULL DEFAULT false;
ALTER TABLE api_tokens ADD COLUMN label text NOT NULL DEFAULT '';

-- A log-in that went to the clinic's identity provider and is expected back, once, in the same browser.
CREATE TABLE log_ins_away (
    state_hash text CONSTRAINT pk_log_ins_away PRIMARY KEY,
    nonce text NOT NULL,
    verifier text NOT NULL,
    goes_to text NOT NULL,
    expires_at timestamptz NOT NULL
);
CREATE INDEX ix_log_ins_away_expires_at ON log_ins_away (expires_at);
"""

LEAVE = """
-- A handful of rows: the new columns are empty, and there is nothing to wait for.
ALTER TABLE absences
    -- squawk-ignore adding-foreign-key-constraint
    ADD COLUMN delegate_id text CONSTRAINT fk_absences_delegate_id_staff REFERENCES staff (id),
    -- squawk-ignore adding-foreign-key-constraint
    ADD COLUMN set_by text CONSTRAINT fk_absences_set_by_staff REFERENCES staff (id),
    -- squawk-ignore constraint-missing-not-valid
    ADD CONSTRAINT ck_absences_delegate CHECK (delegate_id <> staff_id);
"""

NOTICES = """
CREATE TABLE staff_notices (
    key text CONSTRAINT pk_staff_notices PRIMARY KEY,
    kind text NOT NULL,
    occasion text NOT NULL,
    subject_id text NOT NULL,
    site_id text NOT NULL CONSTRAINT fk_staff_notices_site_id_sites REFERENCES sites (id),
    plan_id text CONSTRAINT fk_staff_notices_plan_id_plans REFERENCES plans (id),
    staff_id text NOT NULL CONSTRAINT fk_staff_notices_staff_id_staff REFERENCES staff (id),
    in_place_of text CONSTRAINT fk_staff_notices_in_place_of_staff REFERENCES staff (id),
    status text NOT NULL CONSTRAINT ck_staff_notices_status CHECK (status IN
        ('pending', 'sending', 'sent', 'delivered', 'undelivered', 'failed', 'unknown', 'suppressed', 'expired')),
    reason text,
    subject text,
    body text,
    attempts integer NOT NULL DEFAULT 0,
    entered_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    claimed_at timestamptz,
    settled_at timestamptz
);
CREATE INDEX ix_staff_notices_occasion ON staff_notices (occasion);
CREATE INDEX ix_staff_notices_subject_id ON staff_notices (subject_id);
CREATE INDEX ix_staff_notices_in_vain ON staff_notices (subject_id) WHERE status IN ('failed', 'unknown', 'expired');
CREATE INDEX ix_staff_notices_staff_id_entered_at ON staff_notices (staff_id, entered_at);
CREATE INDEX ix_staff_notices_open ON staff_notices (entered_at) WHERE status IN ('pending', 'sending');
"""


def upgrade() -> None:
    for theme in (ACCOUNTS, LEAVE, NOTICES):
        op.execute(theme)


def downgrade() -> None:
    for table in ("staff_notices", "log_ins_away"):
        op.execute(f"DROP TABLE {table}")
    op.execute("ALTER TABLE absences DROP CONSTRAINT ck_absences_delegate")
    for table, column in (
        ("absences", "delegate_id"),
        ("absences", "set_by"),
        ("api_tokens", "label"),
        ("staff", "password_temporary"),
    ):
        op.execute(f"ALTER TABLE {table} DROP COLUMN {column}")
