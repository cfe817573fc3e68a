"""Notices to staff: who has to be told what, each told once, and whom nobody could be told of.

A notice belongs to an occasion (an approval or alert and how often it was passed on, or a site's morning) and a
person. It is claimed before it is handed in and settled after, along the table of `outbox_states`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import RowMapping, func, select, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.leave import StandIns
from database.notices import board_told
from database.outbox_states import before
from database.tables import staff_notices
from database.tables.staff_notices import NoticeKind
from schemas.messages import MessageStatus

AT_ONCE: Final = 50
_LIFE: Final[Mapping[NoticeKind, timedelta]] = {
    NoticeKind.alert: timedelta(hours=1),
    NoticeKind.approval: timedelta(hours=24),
}
"""How long a notice is tried while no mail server takes it."""
LOST_AFTER: Final = timedelta(minutes=5)
"""A notice claimed so long ago and without an end may be out: it stays unknown, and the next person is told."""


@dataclass(frozen=True, slots=True)
class Occasion:
    """Something that waits for a person who has not been told of it. `chain` are those who answer for the plan."""

    kind: NoticeKind
    subject_id: str
    occasion: str
    plan_id: str
    site_id: str
    owner_id: str
    chain: tuple[str, ...]
    tried: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Notice:
    """A notice that waits to be handed in, with what its words need. `moot`: nothing waits any more.

    `what` is the kind of decision, or the alert's urgency. `deadline` is by when the next thing must be done.
    """

    key: str
    kind: NoticeKind
    subject_id: str
    site_id: str
    staff_id: str
    name: str
    email: str
    in_place_of: str | None
    owner: str | None
    what: str | None
    deadline: datetime | None
    escalations: int | None
    moot: bool
    entered_at: datetime
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewNotice:
    """A notice to enter: one person, one occasion."""

    kind: NoticeKind
    occasion: str
    subject_id: str
    site_id: str
    staff_id: str
    expires_at: datetime
    plan_id: str | None = None
    in_place_of: str | None = None


# Who acts for an owner on leave comes in as two arrays. An occasion counts as told once a notice to the one who
# acts, or in their place, is on its way or out.
_UNTOLD = text(
    """
    WITH standing AS (SELECT * FROM unnest(CAST(:owners AS text[]), CAST(:acting AS text[])) AS s (owner, acting)),
    waiting AS (
        SELECT 'approval' AS kind, id AS subject_id, 'approval:' || id || ':' || escalations AS occasion, plan_id,
               owner_id, due_at AS deadline
          FROM approvals WHERE status = 'open'
        UNION ALL
        SELECT 'alert', id, 'alert:' || id || ':' || urgency || ':' || escalations, plan_id, owner_id, acknowledge_by
          FROM alerts WHERE closed_at IS NULL AND acknowledged_at IS NULL
    )
    SELECT waiting.*, plans.site_id, plans.state -> 'protocol' -> 'chain' AS chain,
           ARRAY(SELECT staff_id FROM staff_notices AS n WHERE n.occasion = waiting.occasion) AS tried
      FROM waiting
      JOIN plans ON plans.id = waiting.plan_id
      LEFT JOIN standing ON standing.owner = waiting.owner_id
     WHERE NOT EXISTS (
           SELECT FROM staff_notices AS n
            WHERE n.occasion = waiting.occasion AND n.status IN ('pending', 'sending', 'sent', 'delivered')
              AND coalesce(standing.acting, waiting.owner_id) IN (n.staff_id, n.in_place_of))
     ORDER BY waiting.deadline LIMIT :at_once
    """
)
_ACTIVE = text("SELECT id FROM staff WHERE active")


async def enter_what_waits(engine: AsyncEngine, standing: StandIns, now: datetime) -> int:
    """Enter a notice for everything that waits and nobody knows of; returns how many are new.

    It goes to the owner, or whoever stands in; if that person was tried in vain, to the next of the plan's chain.
    """
    owners = {owner: standing.acting(owner) for owner in standing.by_owner}
    parameters = {"owners": list(owners), "acting": list(owners.values()), "at_once": AT_ONCE}
    async with one_by_one(engine) as connection:
        active = frozenset((await connection.scalars(_ACTIVE)).all())
        untold = [_occasion(row) for row in (await connection.execute(_UNTOLD, parameters)).mappings()]
    new = (_for_next(one, standing, active, now) for one in untold)
    return await enter(engine, (one for one in new if one is not None), now)


def _for_next(one: Occasion, standing: StandIns, active: frozenset[str], now: datetime) -> NewNotice | None:
    acting = standing.acting(one.owner_id)
    later = one.chain[one.chain.index(one.owner_id) + 1 :] if one.owner_id in one.chain else one.chain
    candidates = dict.fromkeys((acting, *(standing.acting(other) for other in later)))
    person = next((c for c in candidates if c in active and c not in one.tried), None)
    if person is None:
        return None
    whose = one.owner_id if person == acting else acting
    return NewNotice(
        kind=one.kind,
        occasion=one.occasion,
        subject_id=one.subject_id,
        site_id=one.site_id,
        plan_id=one.plan_id,
        staff_id=person,
        in_place_of=whose if whose != person else None,
        expires_at=now + _LIFE[one.kind],
    )


def _occasion(row: RowMapping) -> Occasion:
    return Occasion(
        kind=NoticeKind(row["kind"]),
        subject_id=row["subject_id"],
        occasion=row["occasion"],
        plan_id=row["plan_id"],
        site_id=row["site_id"],
        owner_id=row["owner_id"],
        chain=tuple(link["staff_id"] for link in row["chain"] or ()),
        tried=tuple(row["tried"]),
    )


async def enter(
    engine: AsyncEngine,
    new: Iterable[NewNotice],
    now: datetime,
    status: MessageStatus = MessageStatus.pending,
    reason: str | None = None,
) -> int:
    """Enter notices; one that is there stays as it is. Returns how many are new."""
    rows = [
        {
            **{name: getattr(one, name) for name in NewNotice.__dataclass_fields__},
            "key": f"{one.occasion}:{one.staff_id}",
            "status": status,
            "reason": reason,
            "entered_at": now,
        }
        for one in new
    ]
    if not rows:
        return 0
    entering = insert(staff_notices).values(rows).on_conflict_do_nothing().returning(staff_notices.c.key)
    async with engine.begin() as connection:
        return len((await connection.execute(entering)).all())


_WAITING = text(
    """
    SELECT n.key, n.kind, n.subject_id, n.site_id, n.staff_id, staff.name, staff.email, n.in_place_of,
           whose.name AS owner, n.entered_at, n.expires_at,
           coalesce(a.kind, al.urgency) AS what, coalesce(a.due_at, al.acknowledge_by) AS deadline,
           coalesce(a.escalations, al.escalations) AS escalations,
           NOT staff.active OR n.kind <> 'digest' AND a.id IS NULL AND al.id IS NULL AS moot
      FROM staff_notices AS n
      JOIN staff ON staff.id = n.staff_id
      LEFT JOIN staff AS whose ON whose.id = n.in_place_of
      LEFT JOIN approvals AS a ON n.kind = 'approval' AND a.id = n.subject_id AND a.status = 'open'
      LEFT JOIN alerts AS al ON n.kind = 'alert' AND al.id = n.subject_id AND al.closed_at IS NULL
                            AND al.acknowledged_at IS NULL
     WHERE n.status = 'pending' ORDER BY n.entered_at LIMIT :at_once
    """
)


async def waiting_notices(engine: AsyncEngine) -> tuple[Notice, ...]:
    """Notices to hand in, the oldest first."""
    async with one_by_one(engine) as connection:
        rows = (await connection.execute(_WAITING, {"at_once": AT_ONCE})).mappings()
        return tuple(Notice(**{**row, "kind": NoticeKind(row["kind"])}) for row in rows)


async def claim_notice(engine: AsyncEngine, key: str, subject: str, body: str) -> bool:
    """Take a notice for handing in; True for exactly one of any number of claimants."""
    columns = staff_notices.c
    claiming = (
        update(staff_notices)
        .where(columns.key == key, columns.status == MessageStatus.pending)
        .values(
            status=MessageStatus.sending,
            subject=subject,
            body=body,
            claimed_at=func.clock_timestamp(),
            attempts=columns.attempts + 1,
        )
        .returning(columns.key)
    )
    async with engine.begin() as connection:
        return (await connection.execute(claiming)).one_or_none() is not None


async def settle_notice(
    engine: AsyncEngine, key: str, status: MessageStatus, reason: str | None, now: datetime
) -> None:
    """What became of a notice, where the table of states allows that move."""
    columns = staff_notices.c
    async with engine.begin() as connection:
        await connection.execute(
            update(staff_notices)
            .where(columns.key == key, columns.status.in_(before(status)))
            .values(
                status=status,
                reason=reason,
                settled_at=None if status is MessageStatus.pending else now,
            )
            .returning(board_told())
        )


async def give_up_lost(engine: AsyncEngine, now: datetime) -> None:
    """Notices whose handing in never ended may be out: they are not repeated, and somebody else is told."""
    columns = staff_notices.c
    async with engine.begin() as connection:
        await connection.execute(
            update(staff_notices)
            .where(
                columns.status == MessageStatus.sending,
                columns.claimed_at < func.clock_timestamp() - LOST_AFTER,
            )
            .values(status=MessageStatus.unknown, reason="never_ended", settled_at=now)
        )


@dataclass(frozen=True, slots=True)
class ToldNotice:
    """A notice as the account page of its recipient shows it."""

    kind: NoticeKind
    subject: str | None
    status: MessageStatus
    reason: str | None
    entered_at: datetime


async def notices_to(engine: AsyncEngine, staff_id: str, *, limit: int) -> tuple[ToldNotice, ...]:
    """The last notices to a person, newest first."""
    columns = staff_notices.c
    query = (
        select(*(columns[name] for name in ToldNotice.__dataclass_fields__))
        .where(columns.staff_id == staff_id)
        .order_by(columns.entered_at.desc())
        .limit(limit)
    )
    async with one_by_one(engine) as connection:
        return tuple(ToldNotice(**row) for row in (await connection.execute(query)).mappings())
