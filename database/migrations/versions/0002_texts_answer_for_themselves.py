"""Texts answer for themselves: what was checked, by which channel they went, in whose words; and the outages."""

from __future__ import annotations

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

MESSAGES = """
ALTER TABLE messages
    ADD COLUMN channel text NOT NULL DEFAULT 'sms',
    -- The text that this one goes out in place of: once each. A new column is empty, so there is nothing to wait for.
    -- squawk-ignore disallowed-unique-constraint
    ADD COLUMN stands_for text CONSTRAINT uq_messages_stands_for UNIQUE
        -- squawk-ignore adding-foreign-key-constraint
        CONSTRAINT fk_messages_stands_for_messages REFERENCES messages (key),
    ADD COLUMN checks jsonb,
    ADD COLUMN wording text,
    ADD COLUMN asked_after_at timestamptz;
CREATE INDEX ix_messages_unanswered ON messages (claimed_at) WHERE status = 'sent';
CREATE INDEX ix_messages_recipient_id_sent_at ON messages (recipient_id, sent_at);
CREATE INDEX ix_messages_failed ON messages (settled_at) WHERE status IN ('failed', 'undelivered');
"""

SITE_TEXTS = """
-- A site's own wording of a text. Versions are added, never changed: what was sent can always be shown.
CREATE TABLE site_texts (
    site_id text NOT NULL CONSTRAINT fk_site_texts_site_id_sites REFERENCES sites (id),
    language text NOT NULL,
    name text NOT NULL,
    version integer NOT NULL,
    -- NULL goes back to the product's own words.
    body text,
    written_by text NOT NULL,
    written_at timestamptz NOT NULL,
    CONSTRAINT pk_site_texts PRIMARY KEY (site_id, language, name, version),
    CONSTRAINT ck_site_texts_version CHECK (version >= 1)
);
"""

OUTAGES = """
-- How far each round has come: what lies between two marks was not looked at.
CREATE TABLE rounds (
    name text CONSTRAINT pk_rounds PRIMARY KEY,
    reached_at timestamptz NOT NULL
);

CREATE TABLE outages (
    id text CONSTRAINT pk_outages PRIMARY KEY,
    began_at timestamptz NOT NULL,
    ended_at timestamptz NOT NULL,
    CONSTRAINT ck_outages_began_before_ended CHECK (began_at < ended_at)
);
CREATE INDEX ix_outages_ended_at ON outages (ended_at);
"""


def upgrade() -> None:
    for theme in (MESSAGES, SITE_TEXTS, OUTAGES):
        op.execute(theme)


def downgrade() -> None:
    for table in ("outages", "rounds", "site_texts"):
        op.execute(f"DROP TABLE {table}")
    op.execute("DROP INDEX ix_messages_unanswered, ix_messages_recipient_id_sent_at, ix_messages_failed")
    for column in ("channel", "stands_for", "checks", "wording", "asked_after_at"):
        op.execute(f"ALTER TABLE messages DROP COLUMN {column}")
