"""What a row of the list of plans shows beyond the summary: contact, attendance, outcome, flags."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.engine import one_by_one
from schemas.goals import Measure
from schemas.plan import SessionStatus

VISITS_SHOWN: Final = 10


@dataclass(frozen=True, slots=True)
class Glance:
    """A plan in passing. `visits` are the last ones that should have been, oldest first.

    `outcome` is the primary measure as last known, taken by `outcome_by` where that counts. `checkins` tells of the
    last questions whether each was answered.
    """

    last_contact_at: datetime
    visits: tuple[SessionStatus, ...]
    checkins: tuple[bool, ...]
    measure: Measure
    outcome: float | None
    outcome_by: str | None
    pain: float | None
    pain_baseline: float
    takes_texts: bool
    silent_run: int
    effects_open: int
    screening_valid_until: str

    @property
    def change(self) -> float | None:
        """How far the primary measure has come from its baseline, positive where it got better."""
        if self.outcome is None:
            return None
        apart = self.outcome - self.measure.baseline
        return apart if self.measure.target >= self.measure.baseline else -apart

    @property
    def matters(self) -> bool:
        """Whether the change is at least the smallest one that matters."""
        worth = self.measure.worth((self.measure.by, self.outcome_by))
        return self.change is not None and self.change >= worth


# A state is some ten kilobytes: it is unpacked once for each row, not once for each fact.
_GLANCES: Final = text(
    """
    SELECT plans.id,
           (progress ->> 'last_contact_at')::timestamptz AS last_contact_at,
           progress -> 'checkins' AS checkins,
           progress -> 'scores' AS scores,
           (progress ->> 'silent_run')::integer AS silent_run,
           protocol -> 'primary' AS measure,
           (protocol ->> 'pain_baseline')::float8 AS pain_baseline,
           (whole ->> 'texts_on')::boolean
               AND coalesce((whole ->> 'texts_agreed')::boolean, true) AS takes_texts,
           jsonb_array_length(coalesce(whole -> 'adverse', '[]')) AS effects_open,
           whole #>> '{screening,valid_until}' AS screening_valid_until
      FROM plans,
           LATERAL (SELECT state || '{}' AS whole OFFSET 0) AS unpacked,
           LATERAL (SELECT whole -> 'progress' AS progress, whole -> 'protocol' AS protocol OFFSET 0) AS parts
     WHERE plans.id = ANY (CAST(:ids AS text[]))
    """
)

_VISITS: Final = text(
    """
    SELECT plan_id, status FROM unnest(CAST(:ids AS text[])) AS wanted (id),
           LATERAL (SELECT plan_id, no, status FROM sessions
                     WHERE plan_id = wanted.id AND status IN ('attended', 'no_show', 'late_cancel')
                     ORDER BY no DESC LIMIT :shown) AS last
     ORDER BY plan_id, no
    """
)


async def glances(engine: AsyncEngine, plan_ids: Collection[str]) -> Mapping[str, Glance]:
    """The glances of these plans by id."""
    ids = list(plan_ids)
    if not ids:
        return {}
    async with one_by_one(engine) as connection:
        rows = (await connection.execute(_GLANCES, {"ids": ids})).all()
        visits: dict[str, list[SessionStatus]] = defaultdict(list)
        for row in await connection.execute(_VISITS, {"ids": ids, "shown": VISITS_SHOWN}):
            visits[row.plan_id].append(SessionStatus(row.status))
    return {row.id: _glance(row, tuple(visits[row.id])) for row in rows}


def _glance(row: Any, visits: tuple[SessionStatus, ...]) -> Glance:
    measured = _last_with(row.scores, "primary")
    return Glance(
        last_contact_at=row.last_contact_at,
        visits=visits,
        checkins=tuple(row.checkins),
        measure=Measure.read(row.measure),
        outcome=measured.get("primary"),
        outcome_by=measured.get("by"),
        pain=_last_with(row.scores, "pain").get("pain"),
        pain_baseline=row.pain_baseline,
        takes_texts=row.takes_texts,
        silent_run=row.silent_run,
        effects_open=row.effects_open,
        screening_valid_until=row.screening_valid_until,
    )


def _last_with(scores: list[dict[str, Any]], name: str) -> dict[str, Any]:
    """The last score that has a value; a session without one says nothing."""
    return next((one for one in reversed(scores) if one.get(name) is not None), {})
