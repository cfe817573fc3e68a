"""Lists that stay quick however many plans there are: texts in trouble, parts of names, stages, what is open."""

from __future__ import annotations

from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

INDEXES = """
CREATE INDEX ix_messages_in_trouble ON messages (ordered_at, key)
    WHERE status IN ('failed', 'undelivered', 'unknown');
CREATE INDEX ix_messages_kept_back ON messages (ordered_at, key) WHERE status IN ('suppressed', 'expired');
CREATE INDEX ix_messages_mailed ON messages (ordered_at, key) WHERE channel = 'email';
CREATE INDEX ix_alerts_open_of_plan ON alerts (plan_id) WHERE closed_at IS NULL;
CREATE INDEX ix_approvals_open_of_plan ON approvals (plan_id) WHERE status = 'open';
CREATE INDEX ix_plans_stage_opened_at_id ON plans (stage, opened_at, id);
CREATE INDEX ix_clients_part_of_given_name ON clients USING gin (given_name gin_trgm_ops);
CREATE INDEX ix_clients_part_of_family_name ON clients USING gin (family_name gin_trgm_ops);
"""
NAMES = (
    "ix_messages_in_trouble",
    "ix_messages_kept_back",
    "ix_messages_mailed",
    "ix_alerts_open_of_plan",
    "ix_approvals_open_of_plan",
    "ix_plans_stage_opened_at_id",
    "ix_clients_part_of_given_name",
    "ix_clients_part_of_family_name",
)


def upgrade() -> None:
    """Make the indexes. Comparing parts of words is an extension that comes with PostgreSQL."""
    op.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    op.execute(INDEXES)


def downgrade() -> None:
    """Take them away; the extension may be somebody else's too, so it stays."""
    for name in NAMES:
        op.execute(f"DROP INDEX {name}")
