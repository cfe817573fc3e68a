"""Changes of the accounts of staff are kept for good: who changed what, of whom, and when."""

from __future__ import annotations

from alembic import op

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None

CHANGES = """
CREATE TABLE staff_changes (
    id bigint GENERATED ALWAYS AS IDENTITY CONSTRAINT pk_staff_changes PRIMARY KEY,
    at timestamptz NOT NULL DEFAULT now(),
    kind text NOT NULL,
    staff_id text NOT NULL CONSTRAINT fk_staff_changes_staff_id_staff REFERENCES staff (id),
    changed_by text NOT NULL,
    facts jsonb NOT NULL
);
CREATE INDEX ix_staff_changes_staff_id_id ON staff_changes (staff_id, id);

CREATE FUNCTION refuse_to_change_staff_changes() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'changes of staff accounts are append-only: % refused', TG_OP
        USING HINT = 'what was changed by mistake is changed back, which is a new row',
              ERRCODE = 'restrict_violation';
END
$$;
CREATE TRIGGER staff_changes_are_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON staff_changes
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_to_change_staff_changes();
"""


def upgrade() -> None:
    op.execute(CHANGES)


def downgrade() -> None:
    op.execute("DROP TABLE staff_changes")
    op.execute("DROP FUNCTION refuse_to_change_staff_changes")
