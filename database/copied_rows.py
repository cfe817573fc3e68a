"""What a copy of a plan has of its own, table by table: ids, names, numbers, and the hash its chain ends with."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sqlalchemy import Table

from database.tables import alerts, approvals, intakes, messages, notes, plans, sessions
from database.tables import inbound_messages as inbound

IDS: Final = """
CREATE TEMP TABLE copied ON COMMIT PRESERVE ROWS AS
SELECT two.*, lpad(to_hex(number), 8, '0') || substr(rest_of_id, 9) AS plan
  FROM (SELECT row_number() OVER () AS number, one.*
          FROM (
               SELECT p.id AS old_plan, md5(p.id || '/' || n || '/' || k)::uuid::text AS rest_of_id,
                      p.client_id AS old_client, md5(p.client_id || '/' || n || '/' || k)::uuid::text AS client,
                      p.therapist_id AS old_staff, md5(p.therapist_id || '/' || n)::uuid::text AS staff,
                      r.id AS old_room, md5(r.id || '/' || n)::uuid::text AS room,
                      p.site_id AS old_site, CASE n % :sites WHEN 0 THEN p.site_id
                           ELSE md5(p.site_id || '/' || n % :sites)::uuid::text END AS site,
                      n AS round
                 FROM generate_series(1, :copies) AS n
                CROSS JOIN plans AS p
                 JOIN rooms AS r ON r.id = p.state -> 'protocol' ->> 'room_id'
                CROSS JOIN LATERAL generate_series(1, CASE WHEN p.closed_at IS NULL THEN 1 ELSE :closed END) AS k
                WHERE p.id = ANY (:patterns) AND n <= :copies / cardinality(CAST(:patterns AS text[])) + 1
                ORDER BY n, p.id, k
                LIMIT :copies
               ) AS one
       ) AS two
"""
"""Plans are named in the order in which they are written, as the service names them: what is near in time is near in
every index."""

CLINIC: Final = (
    """
    INSERT INTO sites SELECT DISTINCT c.site, s.clinic_name, s.name || ' ' || left(c.site, 8), s.phone, s.zone,
           s.hours, s.created_at FROM copied AS c JOIN sites AS s ON s.id = c.old_site ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO rooms SELECT DISTINCT c.room, c.site, r.name || ' ' || c.round
      FROM copied AS c JOIN rooms AS r ON r.id = c.old_room ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO staff SELECT DISTINCT c.staff, s.name, s.initials, left(c.staff, 13) || '@riverside.example', NULL,
           s.hcpc_number, s.hcpc_checked_on, NULL, true
      FROM copied AS c JOIN staff AS s ON s.id = c.old_staff ON CONFLICT DO NOTHING
    """,
    """
    INSERT INTO staff_roles SELECT DISTINCT c.staff, c.site, 'treating_physiotherapist' FROM copied AS c
        ON CONFLICT DO NOTHING
    """,
)

_CLIENTS: Final = """
    INSERT INTO clients
           (id, given_name, family_name, date_of_birth, mobile, email, texts_allowed, language, created_at)
    SELECT c.client, (string_to_array('Ada Ben Cara Dev Elif Finn Grace Hugo Iris Jude Kemi Leon Mina Noah', ' '))
                     [1 + c.number % 14],
           (string_to_array('Abbot Bright Cole Dunn Ellis Frost Grant Hale Irwin Jones Khan Lowe Moss Nash', ' '))
           [1 + c.number / 14 % 14] || ' ' || substr(c.client, 1, 4),
           date '1940-01-01' + (c.number * 37 % 23000)::integer, NULL, NULL, o.texts_allowed, o.language, o.created_at
      FROM batch AS c JOIN clients AS o ON o.id = c.old_client
    """

_MOVED: Final = (
    "replace(replace(replace(replace(replace({}, c.old_plan, c.plan), c.old_client, c.client), c.old_staff, "
)
_MOVED_REST: Final = "c.staff), c.old_room, c.room), c.old_site, c.site)"


def moved(column: str) -> str:
    """A column's text with the copy's ids in place of the pattern's, where `c` is the copy."""
    return _MOVED.format(column) + _MOVED_REST


_OWN: Final[dict[Table, dict[str, str]]] = {
    plans: {
        "id": "c.plan",
        "client_id": "c.client",
        "site_id": "c.site",
        "therapist_id": "c.staff",
        "state": f"({moved('o.state::text')})::jsonb",
        "texts": f"({moved('o.texts::text')})::jsonb",
        "next_key": moved("o.next_key"),
        "next_owner": moved("o.next_owner"),
        "chain_hash": "(SELECT link FROM ended WHERE ended.plan = c.plan)",
        "opened_at": "o.opened_at - c.number % 3600 * interval '1 second'",
    },
    intakes: {
        "plan_id": "c.plan",
        "client_id": "c.client",
        "id": "md5('intake' || c.plan)",
        "idempotency_key": "'seed-' || c.plan",
    },
    notes: {"id": moved("o.id"), "plan_id": "c.plan", "author_id": moved("o.author_id")},
    sessions: {
        "plan_id": "c.plan",
        "therapist_id": moved("o.therapist_id"),
        "room_id": moved("o.room_id"),
        "note_id": moved("o.note_id"),
        "recorded_by": moved("o.recorded_by"),
    },
    approvals: {
        "id": moved("o.id"),
        "plan_id": "c.plan",
        "owner_id": moved("o.owner_id"),
        "decided_by": moved("o.decided_by"),
        "reason_id": moved("o.reason_id"),
        "proposal": f"({moved('o.proposal::text')})::jsonb",
    },
    alerts: {
        "id": moved("o.id"),
        "plan_id": "c.plan",
        "owner_id": moved("o.owner_id"),
        "acknowledged_by": moved("o.acknowledged_by"),
        "closed_by": moved("o.closed_by"),
        "note_id": moved("o.note_id"),
    },
    messages: {
        "key": moved("o.key"),
        "plan_id": "c.plan",
        "site_id": "c.site",
        "recipient_id": moved("o.recipient_id"),
        "agenda_key": moved("o.agenda_key"),
        "order_json": f"({moved('o.order_json::text')})::jsonb",
        "to_number": "'+447700900' || lpad((c.number % 1000)::text, 3, '0')",
        "provider_sid": "'SM' || left(c.plan, 8) || substr(md5(o.provider_sid || c.plan), 9)",
        "stands_for": moved("o.stands_for"),
    },
    inbound: {
        "id": moved("o.id"),
        "plan_id": "c.plan",
        "provider_sid": "'SM' || left(c.plan, 8) || substr(md5(o.provider_sid || c.plan), 9)",
        "minute_key": moved("o.minute_key"),
        "answers_key": moved("o.answers_key"),
        "from_number": "'+447700900' || lpad((c.number % 1000)::text, 3, '0')",
    },
}
"""For each table, in an order that its references allow: what a copy has of its own."""


def rows_of_copies() -> Iterator[str]:
    """Statements that write every row of the copies in `batch`, in an order that their references allow."""
    yield _CLIENTS
    for table, own in _OWN.items():
        yield _insert(table, own)


def _insert(table: Table, own: dict[str, str]) -> str:
    columns = [column.name for column in table.columns]
    values = ", ".join(own.get(name, f"o.{name}") for name in columns)
    key = "id" if table is plans else "plan_id"
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {values} "  # noqa: S608 - our own table's names
        f"FROM batch AS c JOIN {table.name} AS o ON o.{key} = c.old_plan"
    )
