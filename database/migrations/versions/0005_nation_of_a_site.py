"""The nation a site is in: whom a safety text tells the client to ring differs between the nations of the UK."""

from __future__ import annotations

from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Every site so far is in England."""
    op.execute(
        "ALTER TABLE sites ADD COLUMN nation text NOT NULL DEFAULT 'england'"
        " CONSTRAINT ck_sites_nation CHECK (nation IN ('england', 'wales', 'scotland', 'northern_ireland'))"
    )


def downgrade() -> None:
    """Forget the nations."""
    op.execute("ALTER TABLE sites DROP COLUMN nation;")
