"""A plan's life as its events tell it: sessions, scores, steps and the times it stood still, from the first day."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from schemas.events import EventKind, PlanEvent
from schemas.plan import SessionStatus, Stage
from schemas.taper import Step

_STANDING_STILL = frozenset({Stage.suspended, Stage.deferred, Stage.awaiting_clearance})
_ENDS = {
    EventKind.session_cancelled: SessionStatus.cancelled,
    EventKind.session_lapsed: SessionStatus.lapsed,
    EventKind.session_held: SessionStatus.held,
}
_PLACES = frozenset({EventKind.session_placed, EventKind.session_moved, EventKind.session_restored})
TELLING: Final = (
    frozenset(
        {
            EventKind.outcome_recorded,
            EventKind.stage_changed,
            EventKind.step_changed,
            EventKind.answer_recorded,
            EventKind.goal_changed,
        }
    )
    | _PLACES
    | frozenset(_ENDS)
)
"""The kinds of event that tell of a life; most of a plan's events are about texts."""


@dataclass(frozen=True)
class Visit:
    """A session: when it was or will be, and what became of it.

    `primary` is a value of the goal as it is now; `before` says one of an earlier goal, such as `PSFS 6`.
    """

    no: int
    at: datetime
    status: SessionStatus
    pain: float | None = None
    stiffness: float | None = None
    primary: float | None = None
    before: str | None = None


@dataclass(frozen=True)
class Stay:
    """A time on one step of the ladder; `until` is None while it lasts."""

    step: Step
    since: datetime
    until: datetime | None = None


@dataclass(frozen=True)
class Stillness:
    """A time in which nothing routine happened; `until` is None while it lasts."""

    stage: Stage
    since: datetime
    until: datetime | None = None


@dataclass
class Life:
    """Everything drawn on the line of care that only the events remember whole."""

    visits: dict[int, Visit] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    still: list[Stillness] = field(default_factory=list)
    flares: list[tuple[datetime, int]] = field(default_factory=list)


def life(events: Iterable[PlanEvent], first_step: Step) -> Life:
    """The life that these events, oldest first, tell; events of other kinds than `TELLING` add nothing."""
    told = Life()
    for event in events:
        if event.kind in _ENDS:
            _ended(told, event)
        elif event.kind in _PLACES:
            _placed(told, event)
        elif event.kind is EventKind.outcome_recorded:
            _outcome(told, event)
        elif event.kind is EventKind.stage_changed:
            _stage(told, event, first_step)
        elif event.kind is EventKind.step_changed:
            _step(told, event.at, Step(str(event.facts["now"])))
        elif event.kind is EventKind.answer_recorded:
            _answer(told, event)
        elif event.kind is EventKind.goal_changed:
            _other_goal(told, str(event.facts["was"]))
    return told


def _other_goal(told: Life, was: str) -> None:
    """What was measured until then is no value of the goal that follows."""
    for number, visit in told.visits.items():
        if visit.primary is not None:
            said = f"{was.replace('_', ' ')} {visit.primary:g}"
            told.visits[number] = replace(visit, primary=None, before=said)


def _answer(told: Life, event: PlanEvent) -> None:
    days = event.facts.get("value")
    if event.facts.get("question") == "CHK-FLARE" and isinstance(days, int) and days > 0:
        told.flares.append((event.at, days))


def _placed(told: Life, event: PlanEvent) -> None:
    number, starts_at = event.facts.get("session"), event.facts.get("starts_at")
    if isinstance(number, int) and isinstance(starts_at, str):
        told.visits[number] = Visit(number, datetime.fromisoformat(starts_at), SessionStatus.booked)
    elif isinstance(number, int) and number in told.visits:
        told.visits[number] = replace(told.visits[number], status=SessionStatus.booked)


def _ended(told: Life, event: PlanEvent) -> None:
    number = event.facts.get("session")
    if isinstance(number, int) and number in told.visits:
        told.visits[number] = replace(told.visits[number], status=_ENDS[event.kind])


def _outcome(told: Life, event: PlanEvent) -> None:
    number = event.facts["session"]
    if not isinstance(number, int):
        return
    visit = told.visits.get(number) or Visit(number, event.at, SessionStatus.booked)
    told.visits[number] = replace(
        visit,
        status=SessionStatus(str(event.facts["outcome"])),
        pain=_number(event.facts.get("pain")),
        stiffness=_number(event.facts.get("stiffness")),
        primary=_number(event.facts.get("primary")),
    )


def _number(fact: object) -> float | None:
    return float(fact) if isinstance(fact, int | float) else None


def _stage(told: Life, event: PlanEvent, first_step: Step) -> None:
    if told.still and told.still[-1].until is None:
        told.still[-1] = replace(told.still[-1], until=event.at)
    now = Stage(str(event.facts["now"]))
    if now in _STANDING_STILL:
        told.still.append(Stillness(now, event.at))
    elif now is Stage.active and not told.stays:
        told.stays.append(Stay(first_step, event.at))


def _step(told: Life, at: datetime, step: Step) -> None:
    if told.stays:
        told.stays[-1] = replace(told.stays[-1], until=at)
    told.stays.append(Stay(step, at))
