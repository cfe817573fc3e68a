"""What a morning digest counts: what waits for each person of a site, and their visits of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from database.leave import StandIns


@dataclass(frozen=True, slots=True)
class Waits:
    """What waits for one person; `late` decisions are past their deadline, `untaken` alerts nobody has taken on."""

    decisions: int = 0
    late: int = 0
    alerts: int = 0
    untaken: int = 0
    visits: int = 0

    @property
    def anything(self) -> bool:
        """Whether there is something to say."""
        return bool(self.decisions or self.alerts or self.visits)

    def __add__(self, other: Waits) -> Waits:
        return Waits(*(getattr(self, name) + getattr(other, name) for name in Waits.__dataclass_fields__))


_COUNTS = text(
    """
    SELECT owner_id, count(*) AS decisions, count(*) FILTER (WHERE due_at <= :now) AS late, 0 AS alerts, 0 AS untaken,
           0 AS visits
      FROM approvals JOIN plans ON plans.id = approvals.plan_id
     WHERE status = 'open' AND plans.site_id = :site GROUP BY owner_id
    UNION ALL
    SELECT owner_id, 0, 0, count(*), count(*) FILTER (WHERE acknowledged_at IS NULL), 0
      FROM alerts JOIN plans ON plans.id = alerts.plan_id
     WHERE alerts.closed_at IS NULL AND plans.site_id = :site GROUP BY owner_id
    UNION ALL
    SELECT sessions.therapist_id, 0, 0, 0, 0, count(*)
      FROM sessions JOIN plans ON plans.id = sessions.plan_id
     WHERE sessions.status = 'booked' AND plans.site_id = :site
       AND lower(sessions.during) >= :begins AND lower(sessions.during) < :ends
     GROUP BY sessions.therapist_id
    """
)
_NOT_DIGESTED = text(
    """
    SELECT staff.id FROM staff
     WHERE staff.active
       AND EXISTS (SELECT FROM staff_roles WHERE staff_roles.staff_id = staff.id AND staff_roles.site_id = :site)
       AND NOT EXISTS (
           SELECT FROM staff_notices WHERE staff_notices.staff_id = staff.id AND staff_notices.occasion = :occasion)
     ORDER BY staff.id
    """
)


async def without_digest(engine: AsyncEngine, site_id: str, occasion: str) -> tuple[str, ...]:
    """The people of a site whose digest of this occasion has not been entered."""
    async with one_by_one(engine) as connection:
        found = await connection.scalars(_NOT_DIGESTED, {"site": site_id, "occasion": occasion})
        return tuple(found.all())


async def what_waits(
    engine: AsyncEngine, site_id: str, day: tuple[datetime, datetime], standing: StandIns, now: datetime
) -> dict[str, Waits]:
    """What waits at a site, by the person who acts; visits stay with the therapist they are booked with."""
    moments = {"site": site_id, "now": now, "begins": day[0], "ends": day[1]}
    waits: dict[str, Waits] = {}
    async with one_by_one(engine) as connection:
        for row in (await connection.execute(_COUNTS, moments)).mappings():
            counts = Waits(**{name: row[name] for name in Waits.__dataclass_fields__})
            person = row["owner_id"] if counts.visits else standing.acting(row["owner_id"])
            waits[person] = waits.get(person, Waits()) + counts
    return waits
