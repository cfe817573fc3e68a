"""The list of plans: its filters as the address has them, and its rows as they are shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import BeforeValidator, Field
from sqlalchemy.ext.asyncio import AsyncEngine

from api import cursors
from api.console import goal_words, words
from database.plan_glances import Glance, glances
from database.plans import PlanCursor, PlanFilter, PlanSummary, Waiting, list_plans
from schemas.base import Strict
from schemas.plan import SessionStatus, Stage
from schemas.taper import Step

ON_A_PAGE = 50


def _unless_blank(value: Any) -> Any:
    return None if value == "" else value


Short = Annotated[str, Field(max_length=200)]


class Wanted(Strict):
    """The filters in the address; a form sends its empty fields too. A client's name is never among them."""

    stage: Annotated[Stage | None, BeforeValidator(_unless_blank)] = None
    step: Annotated[Step | None, BeforeValidator(_unless_blank)] = None
    therapist: Annotated[Short | None, BeforeValidator(_unless_blank)] = None
    waiting: Annotated[Waiting | None, BeforeValidator(_unless_blank)] = None
    ended: bool = False
    cursor: Annotated[Short | None, BeforeValidator(_unless_blank)] = None
    said: str | None = None

    @property
    def filters(self) -> str:
        """What filters, as a query without page and message; "" for all open plans."""
        given = self.model_dump(include={"stage", "step", "therapist", "waiting"}, exclude_none=True)
        return urlencode(given | ({"ended": "true"} if self.ended else {}))

    def chosen(self, sites: frozenset[str], client: str | None = None) -> PlanFilter:
        """The filters for the record. Ended plans are left out unless they or a stage are asked for."""
        return PlanFilter(
            stages=frozenset({self.stage} if self.stage else ()),
            open_only=not self.ended and self.stage is None,
            step=self.step,
            therapist_id=self.therapist,
            waiting=self.waiting,
            client=client,
            sites=sites,
        )

    @property
    def after(self) -> PlanCursor | None:
        """Where the page before ended; Problem 422 for a cursor that is none of ours."""
        return cursors.read(self.cursor) if self.cursor else None


@dataclass(frozen=True)
class Bar:
    """One visit of the attendance line."""

    x: int
    came: bool


@dataclass(frozen=True)
class Row:
    """A plan in the list."""

    plan: PlanSummary
    glance: Glance
    next: str
    bars: tuple[Bar, ...]
    attendance: str
    outcome: str
    flags: tuple[str, ...]


@dataclass(frozen=True)
class Listed:
    """A page of rows, and the address of the next."""

    rows: tuple[Row, ...]
    older: str | None


async def listed(
    engine: AsyncEngine, sites: frozenset[str], wanted: Wanted, client: str | None = None
) -> Listed:
    """A page of the list of these sites, the last opened plan first."""
    page = await list_plans(engine, wanted.chosen(sites, client), after=wanted.after, limit=ON_A_PAGE)
    seen = await glances(engine, [one.id for one in page.plans])
    rows = tuple(row(one, seen[one.id]) for one in page.plans)
    following = urlencode({"cursor": cursors.written(page.next)}) if page.next else None
    older = "/plans?" + "&".join(part for part in (wanted.filters, following) if part)
    return Listed(rows, older if following else None)


def row(plan: PlanSummary, glance: Glance) -> Row:
    """A plan as its row says it."""
    came = [one is SessionStatus.attended for one in glance.visits]
    return Row(
        plan=plan,
        glance=glance,
        next=_next_of(plan),
        bars=tuple(Bar(6 * place, yes) for place, yes in enumerate(came)),
        attendance=f"{sum(came)} of {len(came)} visits" if came else "no visit yet",
        outcome=_outcome(glance),
        flags=tuple(_flags(plan, glance)),
    )


def _next_of(plan: PlanSummary) -> str:
    """What is next, in a few words."""
    if plan.next is None:
        return "–"
    return words.NEXT_IN_SHORT.get(plan.next.kind) or words.NEXT[plan.next.kind]


def _outcome(glance: Glance) -> str:
    """The primary measure now, and how far it has come: `PSFS 7.5, +2.5`; an angle by its code, which is short."""
    if glance.outcome is None or glance.change is None:
        return "–"
    now = goal_words.amount(glance.measure, glance.outcome)
    return f"{words.plain(glance.measure.code)} {now}, {glance.change:+g}"


def _flags(plan: PlanSummary, glance: Glance) -> list[str]:
    said = {
        "no texts": not glance.takes_texts,
        "unwanted effect": glance.effects_open > 0,
        f"{glance.silent_run} silent": glance.silent_run > 1,
        "nothing next": plan.next is None and plan.closed_at is None,
    }
    return [flag for flag, holds in said.items() if holds]
