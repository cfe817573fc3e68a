"""Each text knows its site, so that a site's deliveries are read and no other's.

It may take minutes where there are millions of texts, and nobody waits for it: the rows are filled in portions, each
in a transaction of its own, and the indexes are built beside the work. Every statement may be run again, so a
migration that was cut short goes on when it is started again.
"""

from __future__ import annotations

from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None

# Triggers, and not the service, fill it: a worker of the version before enters texts that know their site too.
COLUMN = """
ALTER TABLE messages ADD COLUMN IF NOT EXISTS site_id text;

CREATE OR REPLACE FUNCTION text_knows_its_site() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.site_id := (SELECT site_id FROM plans WHERE id = NEW.plan_id);
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER texts_know_their_site BEFORE INSERT ON messages
    FOR EACH ROW WHEN (NEW.site_id IS NULL) EXECUTE FUNCTION text_knows_its_site();

-- Nothing in the service moves a plan; whoever does it by hand moves its texts too.
CREATE OR REPLACE FUNCTION texts_follow_their_plan() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE messages SET site_id = NEW.site_id WHERE plan_id = NEW.id;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER texts_move_with_their_plan AFTER UPDATE OF site_id ON plans
    FOR EACH ROW WHEN (OLD.site_id <> NEW.site_id) EXECUTE FUNCTION texts_follow_their_plan();
"""

# Five hundred plans at a time, their rows first, as everybody does who writes to a plan's texts.
FILL = """
DO $$
DECLARE
    reached text := '';
    upto text;
BEGIN
    LOOP
        SELECT max(id) INTO upto
          FROM (SELECT id FROM plans WHERE id > reached ORDER BY id LIMIT 500) AS portion;
        EXIT WHEN upto IS NULL;
        PERFORM FROM plans WHERE id > reached AND id <= upto ORDER BY id FOR NO KEY UPDATE;
        UPDATE messages SET site_id = plans.site_id
          FROM plans
         WHERE plans.id > reached AND plans.id <= upto
           AND messages.plan_id = plans.id AND messages.site_id IS NULL;
        COMMIT;
        reached := upto;
    END LOOP;
END
$$
"""

INDEXES = {
    "ix_messages_site_id_ordered_at_key": "",
    "ix_messages_in_trouble_at_site": " WHERE status IN ('failed', 'undelivered', 'unknown')",
    "ix_messages_kept_back_at_site": " WHERE status IN ('suppressed', 'expired')",
    "ix_messages_mailed_at_site": " WHERE channel = 'email'",
}
IN_PLACE_OF = {
    "ix_messages_in_trouble": " WHERE status IN ('failed', 'undelivered', 'unknown')",
    "ix_messages_kept_back": " WHERE status IN ('suppressed', 'expired')",
    "ix_messages_mailed": " WHERE channel = 'email'",
}


def upgrade() -> None:
    op.execute(COLUMN)
    with op.get_context().autocommit_block():
        op.execute(FILL)
        # An index that is built beside the work waits until every older reader is done; nobody waits behind it.
        op.execute("SET lock_timeout = 0")
        for name, which in INDEXES.items():
            of_site = f"{name} ON messages (site_id, ordered_at, key){which}"
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")  # one that was cut short is of no use
            op.execute(f"CREATE INDEX CONCURRENTLY IF NOT EXISTS {of_site}")
        for name in IN_PLACE_OF:
            op.execute(f"DROP INDEX CONCURRENTLY IF EXISTS {name}")
        op.execute("SET lock_timeout = '10s'")


def downgrade() -> None:
    """The indexes of the whole clinic again; the new ones go with their column."""
    op.execute("DROP TRIGGER texts_know_their_site ON messages")
    op.execute("DROP TRIGGER texts_move_with_their_plan ON plans")
    op.execute("DROP FUNCTION text_knows_its_site, texts_follow_their_plan")
    op.execute("ALTER TABLE messages DROP COLUMN site_id")
    for name, which in IN_PLACE_OF.items():
        op.execute(f"CREATE INDEX {name} ON messages (ordered_at, key){which}")
