"""Saved views of the list of plans; texts of the whole clinic in order of time."""

from __future__ import annotations

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

SAVED_VIEWS = """
-- `query` is the filters as they stand in the address: never a client's name.
CREATE TABLE saved_views (
    id text CONSTRAINT pk_saved_views PRIMARY KEY,
    staff_id text NOT NULL CONSTRAINT fk_saved_views_staff_id_staff REFERENCES staff (id),
    name text NOT NULL,
    query text NOT NULL,
    created_at timestamptz NOT NULL,
    CONSTRAINT uq_saved_views_staff_id_name UNIQUE (staff_id, name)
);
"""


def upgrade() -> None:
    """Make the table and the index."""
    op.execute(SAVED_VIEWS)
    op.execute("CREATE INDEX ix_messages_ordered_at_key ON messages (ordered_at, key)")


def downgrade() -> None:
    """Take both away, with the views in it."""
    op.execute("DROP INDEX ix_messages_ordered_at_key")
    op.execute("DROP TABLE saved_views;")
