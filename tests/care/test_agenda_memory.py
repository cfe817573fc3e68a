"""The agenda is worked out again only where something it looks at has changed: nothing it reads may be left out."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from care.agenda_deadlines import DEADLINE_SOURCES
from care.agenda_memory import Source
from care.agenda_sessions import SESSION_SOURCES
from care.agenda_texts import TEXT_SOURCES
from schemas.commands import PausePlan
from schemas.plan import PlanState
from schemas.protocol import ApprovalKind
from tests.care.plans import NOW, plan_for
from tests.care.played_plan import PlayedPlan

SOURCES = (*SESSION_SOURCES, *TEXT_SOURCES, *DEADLINE_SOURCES)


class Watched:
    """A plan that notes which of its parts are read; `progress` is watched part by part."""

    def __init__(self, value: Any, read: set[str], under: str = "") -> None:
        self._value, self._read, self._under = value, read, under

    def __getattr__(self, name: str) -> Any:
        derived = getattr(type(self._value), name, None)
        if isinstance(derived, property):
            assert derived.fget is not None
            return derived.fget(self)
        if name == "progress":
            return Watched(self._value.progress, self._read, "progress.")
        self._read.add(self._under + name)
        return getattr(self._value, name)


def lives() -> list[PlanState]:
    """A plan at every step of two very different months."""
    going_on = PlayedPlan(plan_for({}), NOW)
    going_on.approve(ApprovalKind.start)
    for number in (1, 2, 3):
        going_on.attend(number, pain=4)
        going_on.until(going_on.now + timedelta(days=1, hours=3))
        going_on.text("5")
    going_on.must(PausePlan(until=going_on.now + timedelta(days=10)))
    going_on.until(going_on.now + timedelta(days=20))
    waiting = PlayedPlan(plan_for({"SCR-01": {"value": "checked"}}), NOW).until(NOW + timedelta(days=30))
    return [step.transition.state for played in (going_on, waiting) for step in played.steps]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_a_source_of_the_agenda_names_every_part_of_the_plan_that_it_reads(source: Source) -> None:
    read: set[str] = set()
    for state in lives():
        tuple(source.__wrapped__(Watched(state, read)))  # type: ignore[attr-defined]
    assert read <= set(source.parts), sorted(read - set(source.parts))
