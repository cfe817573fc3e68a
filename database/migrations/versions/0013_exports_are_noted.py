"""That every event was exported is noted beside the changes of accounts: it is about nobody's account."""

from __future__ import annotations

from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.execute(
        "-- squawk-ignore ban-drop-not-null\nALTER TABLE staff_changes ALTER COLUMN staff_id DROP NOT NULL"
    )  # the version before shows such a row without a name


def downgrade() -> None:
    """Refused where an export is noted: nothing is taken out of this table."""
    op.execute("ALTER TABLE staff_changes ALTER COLUMN staff_id SET NOT NULL")
