"""Clients of the demo clinic for tests and benchmarks: each with a number and a weekly time of their own."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import cache
from pathlib import Path
from typing import Any, Final, NamedTuple
from zoneinfo import ZoneInfo

from care.pack import builtin
from cli.paper_clinic import paper_plan
from database import demo_clinic as demo
from database.intakes import NewClient, NewPlan
from schemas.commands import Role
from schemas.events import EventKind, PlanEvent
from schemas.plan import PlanState

_FORM: Final = Path(__file__).parent.parent / "docs" / "examples" / "anna-back-pain.json"
_NUMBERS: Final = 800
"""Ofcom's numbers for drama end in 000 to 999; the first 200 are the clinic's and its staff's."""
_VISIT: Final = timedelta(hours=1)
_NOTICE: Final = timedelta(days=7)
_BEST_DAYS_FIRST: Final = (1, 2, 3, 0, 4)
"""Tuesday to Thursday first: bank holidays mostly fall on the other days."""


class Place(NamedTuple):
    """A weekly hour with somebody in some room. Two places never overlap."""

    weekday: int
    starts: time
    therapist_id: str
    room_id: str


def the_form(answers: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An intake form of a client in good health, but for these screening answers."""
    form: dict[str, Any] = json.loads(_FORM.read_text(encoding="utf-8"))
    form["screening"] |= answers or {}
    return form


def mobile_of(number: int) -> str | None:
    """The client's number in E.164; None once the numbers for drama are used up."""
    return f"+44770090{200 + number:04d}" if number < _NUMBERS else None


def a_plan(number: int, now: datetime, answers: Mapping[str, Any] | None = None, **changes: Any) -> PlanState:
    """The plan that the `number`th client's form opens (counted from 0); `changes` go into its protocol.

    The first visit is at the client's place, at least a week ahead. After as many clients as the clinic has
    places, they begin again.
    """
    place = _places()[number % len(_places())]
    state = paper_plan(the_form(answers), builtin(), now)
    visit = {
        "therapist_id": place.therapist_id,
        "room_id": place.room_id,
        "first_session_at": _first_visit(place, now),
        "assessment_needed": False,  # what is measured is the visits
    }
    return state.but(protocol=state.protocol.but(**(visit | changes)))


def an_intake(state: PlanState, mobile: str | None) -> NewPlan:
    """What the database is given to open this plan for a new client."""
    return NewPlan(
        idempotency_key=f"bench-{state.plan_id}",
        body_hash="bench",
        form={},
        screening=state.screening.result,
        state=state,
        received_at=state.opened_at,
        client=NewClient("Ada", "Byron", date(1985, 12, 10), mobile, None, texts_allowed=state.texts_on),
        events=(PlanEvent(kind=EventKind.intake_received, at=state.opened_at, actor="client"),),
    )


@cache
def _places() -> tuple[Place, ...]:
    """Every whole hour of every therapist's week."""
    places = [
        Place(weekday, starts, person.id, demo.ROOM_IDS[person.room - 1])
        for person in demo.STAFF
        if person.room is not None and Role.treating_physiotherapist in person.roles
        for weekday, (opens, closes) in person.week
        if weekday in _BEST_DAYS_FIRST
        for starts in _hours(opens, closes)
    ]
    return tuple(sorted(places, key=lambda place: (_BEST_DAYS_FIRST.index(place.weekday), place.starts)))


def _hours(opens: time, closes: time) -> list[time]:
    at, end = datetime.combine(date.min, opens), datetime.combine(date.min, closes)
    starts = []
    while at + _VISIT <= end:
        starts.append(at.time())
        at += _VISIT
    return starts


def _first_visit(place: Place, now: datetime) -> datetime:
    zone = ZoneInfo(demo.ZONE)
    day = (now + _NOTICE).astimezone(zone).date()
    day += timedelta(days=(place.weekday - day.weekday()) % 7)
    return datetime.combine(day, place.starts, tzinfo=zone).astimezone(UTC)
