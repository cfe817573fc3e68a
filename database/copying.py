"""Plans multiplied inside PostgreSQL, for measurements: one pattern becomes many plans with ids of their own.

Every copy is what its pattern is, with other names, its own staff and a hash chain that holds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from sqlalchemy import Table, select, text
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from database.chain import canonical
from database.tables import alerts, approvals, events, intakes, messages, notes, plans, sessions
from database.tables import inbound_messages as inbound
from schemas.events import PlanEvent

_AT_ONCE: Final = 5_000
"""Copies a transaction: enough to be quick, little enough to sort in memory."""


@dataclass(frozen=True, slots=True)
class Copying:
    """How many plans there shall be. A round copies each open pattern once and each closed one `closed` times.

    `sites` is over how many sites the copies are spread, the patterns' own among them; every round has
    physiotherapists and rooms of its own.
    """

    patterns: Sequence[str]
    copies: int
    closed: int
    sites: int


_IDS: Final = """
CREATE TEMP TABLE copied ON COMMIT PRESERVE ROWS AS
SELECT row_number() OVER () AS number, one.*
  FROM (
       SELECT p.id AS old_plan, md5(p.id || '/' || n || '/' || k)::uuid::text AS plan,
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
"""

_CLINIC: Final = (
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

_PEOPLE: Final = """
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


def _moved(column: str) -> str:
    """A column's text with the copy's ids for the pattern's."""
    return _MOVED.format(column) + _MOVED_REST


_OWN: Final[dict[Table, dict[str, str]]] = {
    plans: {
        "id": "c.plan",
        "client_id": "c.client",
        "site_id": "c.site",
        "therapist_id": "c.staff",
        "state": f"({_moved('o.state::text')})::jsonb",
        "texts": f"({_moved('o.texts::text')})::jsonb",
        "next_key": _moved("o.next_key"),
        "next_owner": _moved("o.next_owner"),
        "opened_at": "o.opened_at - c.number % 3600 * interval '1 second'",
    },
    intakes: {
        "plan_id": "c.plan",
        "client_id": "c.client",
        "id": "md5('intake' || c.plan)",
        "idempotency_key": "'seed-' || c.plan",
    },
    notes: {"id": _moved("o.id"), "plan_id": "c.plan", "author_id": _moved("o.author_id")},
    sessions: {
        "plan_id": "c.plan",
        "therapist_id": _moved("o.therapist_id"),
        "room_id": _moved("o.room_id"),
        "note_id": _moved("o.note_id"),
        "recorded_by": _moved("o.recorded_by"),
    },
    approvals: {
        "id": _moved("o.id"),
        "plan_id": "c.plan",
        "owner_id": _moved("o.owner_id"),
        "decided_by": _moved("o.decided_by"),
        "reason_id": _moved("o.reason_id"),
        "proposal": f"({_moved('o.proposal::text')})::jsonb",
    },
    alerts: {
        "id": _moved("o.id"),
        "plan_id": "c.plan",
        "owner_id": _moved("o.owner_id"),
        "acknowledged_by": _moved("o.acknowledged_by"),
        "closed_by": _moved("o.closed_by"),
        "note_id": _moved("o.note_id"),
    },
    messages: {
        "key": _moved("o.key"),
        "plan_id": "c.plan",
        "recipient_id": _moved("o.recipient_id"),
        "agenda_key": _moved("o.agenda_key"),
        "order_json": f"({_moved('o.order_json::text')})::jsonb",
        "to_number": "'+447700900' || lpad((c.number % 1000)::text, 3, '0')",
        "provider_sid": "'SM' || md5(o.provider_sid || c.plan)",
        "stands_for": _moved("o.stands_for"),
    },
    inbound: {
        "id": _moved("o.id"),
        "plan_id": "c.plan",
        "provider_sid": "'SM' || md5(o.provider_sid || c.plan)",
        "minute_key": _moved("o.minute_key"),
        "answers_key": _moved("o.answers_key"),
        "from_number": "'+447700900' || lpad((c.number % 1000)::text, 3, '0')",
    },
}
"""For each table, in an order that its references allow: what a copy has of its own."""

_CHAIN: Final = """
CREATE TEMP TABLE linked ON COMMIT DROP AS
SELECT c.plan, e.*,
       pg_temp.chain(convert_to({words}, 'UTF8')) OVER (PARTITION BY c.number ORDER BY e.position) AS link,
       {facts} AS own_facts, {actor} AS own_actor
  FROM batch AS c JOIN pattern_events AS e ON e.plan_id = c.old_plan
""".format(words=_moved("e.words"), facts=_moved("e.facts::text"), actor=_moved("e.actor"))
_LINKS: Final = """
INSERT INTO events (plan_id, plan_seq, position, kind, at, rule, actor, facts, previous_hash, hash)
SELECT plan, plan_seq, position, kind, at, rule, own_actor, own_facts::jsonb,
       coalesce(lag(link) OVER (PARTITION BY plan ORDER BY position), decode(repeat('00', 32), 'hex')), link
  FROM linked ORDER BY plan, position
"""
_ENDS: Final = """
UPDATE plans SET chain_hash = l.link
  FROM linked AS l WHERE l.plan = plans.id AND l.position = plans.chain_position
"""


async def copy_plans(engine: AsyncEngine, copying: Copying) -> None:
    """Write the copies; nobody may look before it is done, as the plans come batch by batch."""
    if copying.copies < 1:
        return
    async with engine.connect() as connection:
        await connection.execute(text("SET synchronous_commit = off"))
        await connection.execute(text("SET work_mem = '256MB'"))
        await _prepare(connection, copying)
        await connection.commit()
        for first in range(0, copying.copies, _AT_ONCE):
            await _copy_batch(connection, first)
            await connection.commit()
        await connection.invalidate()  # with it go its temporary tables and its settings
    async with engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.execute(text("VACUUM ANALYZE"))


async def _prepare(connection: AsyncConnection, copying: Copying) -> None:
    await connection.execute(
        text(_IDS),
        {
            "patterns": list(copying.patterns),
            "copies": copying.copies,
            "closed": copying.closed,
            "sites": copying.sites,
        },
    )
    for statement in _CLINIC:
        await connection.execute(text(statement))
    await connection.execute(
        text("CREATE TEMP TABLE pattern_events AS SELECT *, ''::text AS words FROM events LIMIT 0")
    )
    rows = await connection.execute(select(events).where(events.c.plan_id.in_(copying.patterns)))
    told = [{**row._mapping, "words": _words(row)} for row in rows]
    await connection.execute(
        text(
            "INSERT INTO pattern_events (plan_id, plan_seq, position, kind, at, rule, actor, facts, words) "
            "SELECT e.plan_id, e.plan_seq, e.position, e.kind, e.at, e.rule, e.actor, e.facts, :words "
            "FROM events AS e WHERE e.id = :id"
        ),
        [{"id": one["id"], "words": one["words"]} for one in told],
    )
    await connection.execute(
        text(
            "CREATE FUNCTION pg_temp.linked_to(bytea, bytea) RETURNS bytea LANGUAGE sql IMMUTABLE "
            "AS 'SELECT sha256($1 || $2)'"
        )
    )
    await connection.execute(
        text(
            "CREATE AGGREGATE pg_temp.chain(bytea) (SFUNC = pg_temp.linked_to, STYPE = bytea, INITCOND = "
            f"'{chr(92)}x{'00' * 32}')"
        )
    )


def _words(row: object) -> str:
    """What the hash of this event covers."""
    told = {name: getattr(row, name) for name in PlanEvent.model_fields}
    event = PlanEvent.model_validate(told)
    return canonical(row.plan_id, row.plan_seq, row.position, event)  # type: ignore[attr-defined]


async def _copy_batch(connection: AsyncConnection, first: int) -> None:
    await connection.execute(
        text(
            "CREATE TEMP TABLE batch ON COMMIT DROP AS SELECT * FROM copied WHERE number > :first AND number <= :last"
        ),
        {"first": first, "last": first + _AT_ONCE},
    )
    await connection.execute(text("ANALYZE batch"))
    await connection.execute(text(_PEOPLE))
    for table, own in _OWN.items():
        await connection.execute(text(_insert(table, own)))
    for statement in (_CHAIN, "ANALYZE linked", _LINKS, _ENDS):
        await connection.execute(text(statement))


def _insert(table: Table, own: dict[str, str]) -> str:
    columns = [column.name for column in table.columns]
    values = ", ".join(own.get(name, f"o.{name}") for name in columns)
    key = "id" if table is plans else "plan_id"
    return (
        f"INSERT INTO {table.name} ({', '.join(columns)}) SELECT {values} "  # noqa: S608 - our own table's names
        f"FROM batch AS c JOIN {table.name} AS o ON o.{key} = c.old_plan"
    )
