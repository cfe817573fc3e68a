"""Tries at a door, log-ins and links, are counted in the database: for all processes, and across their restarts."""

from __future__ import annotations

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TRIES = """
CREATE TABLE tries (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_tries PRIMARY KEY,
    subject text NOT NULL,
    at timestamptz NOT NULL
);
CREATE INDEX ix_tries_subject_at ON tries (subject, at);
CREATE INDEX ix_tries_at ON tries (at);
"""


def upgrade() -> None:
    op.execute(TRIES)


def downgrade() -> None:
    op.execute("DROP TABLE tries")
