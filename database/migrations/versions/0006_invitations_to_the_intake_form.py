"""Invitations to the intake form, with the answers given so far."""

from __future__ import annotations

from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None

INVITATIONS = """
CREATE TABLE invitations (
    id text CONSTRAINT pk_invitations PRIMARY KEY,
    state text NOT NULL,
    way text NOT NULL,
    client jsonb,
    -- One entry for each question answered, by the question's name.
    answers jsonb,
    created_by text NOT NULL CONSTRAINT fk_invitations_created_by_staff REFERENCES staff (id),
    created_at timestamptz NOT NULL,
    expires_at timestamptz NOT NULL,
    wrong_birthdays integer NOT NULL DEFAULT 0,
    ended_at timestamptz,
    plan_id text CONSTRAINT fk_invitations_plan_id_plans REFERENCES plans (id),
    -- The rule pack's message that the client was shown at the end, to be shown again to them alone.
    advice text,
    -- The text that carries the link. Its words hold the link, so they are made anew and never kept.
    text_no integer NOT NULL DEFAULT 0,
    text_status text,
    text_sid text,
    text_reason text,
    text_claimed_at timestamptz,
    CONSTRAINT ck_invitations_state CHECK (state IN ('open', 'completed', 'urgent', 'revoked', 'expired')),
    CONSTRAINT ck_invitations_client_while_open CHECK ((state = 'open') = (client IS NOT NULL)),
    CONSTRAINT ck_invitations_ended CHECK ((state = 'open') = (ended_at IS NULL))
);
CREATE INDEX ix_invitations_open ON invitations (expires_at) WHERE state = 'open';
CREATE INDEX ix_invitations_texts ON invitations (text_claimed_at) WHERE text_status IN ('pending', 'sending');
CREATE INDEX ix_invitations_created_by ON invitations (created_by);
CREATE INDEX ix_invitations_plan_id ON invitations (plan_id);
"""


def upgrade() -> None:
    op.execute(INVITATIONS)


def downgrade() -> None:
    op.execute("DROP TABLE invitations")
