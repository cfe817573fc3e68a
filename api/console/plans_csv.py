"""The list of plans as a file for a spreadsheet: initials only, clinical values for those who may read them."""

from __future__ import annotations

import csv
import io
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine

from api.console import words
from api.console.moments import SiteClock
from api.console.plan_list import Row, row
from database.plan_glances import glances
from database.plans import PlanFilter, list_plans

_AT_ONCE: Final = 200
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_BYTE_ORDER_MARK: Final = "\ufeff"
"""Without it Excel takes UTF-8 for something else."""

Column = Callable[[Row, SiteClock], object]


def _at(moment: datetime | None, clock: SiteClock) -> str:
    return "" if moment is None else clock.local(moment).strftime("%Y-%m-%d %H:%M")


COLUMNS: Final[Mapping[str, Column]] = MappingProxyType(
    {
        "plan": lambda one, _: one.plan.id,
        "client": lambda one, _: words.initials(one.plan.client),
        "stage": lambda one, _: words.STAGES[one.plan.stage],
        "step": lambda one, _: one.plan.step,
        "next": lambda one, _: one.next,
        "next at": lambda one, clock: _at(one.plan.next.at if one.plan.next else None, clock),
        "last contact": lambda one, clock: _at(one.glance.last_contact_at, clock),
        "therapist": lambda one, _: one.plan.therapist,
        "alerts": lambda one, _: one.plan.open_alerts,
        "decisions": lambda one, _: one.plan.open_approvals,
        "opened": lambda one, clock: _at(one.plan.opened_at, clock),
        "ended": lambda one, clock: _at(one.plan.closed_at, clock),
    }
)
CLINICAL: Final[Mapping[str, Column]] = MappingProxyType(
    {
        "attendance": lambda one, _: one.attendance,
        "measure": lambda one, _: one.glance.measure.code,
        "outcome": lambda one, _: one.glance.outcome,
        "change": lambda one, _: one.glance.change,
        "flags": lambda one, _: ", ".join(one.flags),
    }
)


def safe(value: object) -> object:
    """A cell that no spreadsheet takes for a formula (OWASP, CSV injection). Numbers stay numbers."""
    if not isinstance(value, str):
        return value
    return f"'{value}" if value.startswith(_FORMULA) else value


async def lines(
    engine: AsyncEngine, wanted: PlanFilter, clock: SiteClock, *, clinical: bool
) -> AsyncIterator[str]:
    """The file, some hundred rows at a time: a list of any length needs no more memory than a page."""
    columns = {**COLUMNS, **(CLINICAL if clinical else {})}
    yield _BYTE_ORDER_MARK + _written([list(columns)])
    after = None
    while True:
        page = await list_plans(engine, wanted, after=after, limit=_AT_ONCE)
        seen = await glances(engine, [one.id for one in page.plans])
        rows = [row(one, seen[one.id]) for one in page.plans]
        yield _written([[safe(cell(one, clock)) for cell in columns.values()] for one in rows])
        if page.next is None:
            return
        after = page.next


def _written(rows: list[list[object]]) -> str:
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    return out.getvalue()
