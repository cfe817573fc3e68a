"""Plans are told of texts whose fate nobody knows: those that were settled by their plan's own activity were told."""

from __future__ import annotations

from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute("UPDATE messages SET plan_told_at = settled_at WHERE status = 'unknown'")


def downgrade() -> None:
    op.execute("UPDATE messages SET plan_told_at = NULL WHERE status = 'unknown'")
