"""The agenda is worked out again only where something it looks at has changed: nothing it reads may be left out."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from operator import attrgetter
from typing import Any

import pytest

from care.agenda_deadlines import DEADLINE_SOURCES
from care.agenda_memory import Sections
from care.agenda_sessions import SESSION_SOURCES
from care.agenda_sources import Source
from care.agenda_texts import TEXT_SOURCES
from care.gists import Gist
from care.taper_steps import trends
from schemas.commands import PausePlan
from schemas.plan import PlanState
from schemas.protocol import ApprovalKind
from tests.care.plans import NOW, plan_for
from tests.care.played_plan import PlayedPlan
from tests.care.test_goals_in_other_measures import in_degrees, visit

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
    """A plan at every step of three very different months; one of the goals is an angle."""
    going_on = PlayedPlan(plan_for({}), NOW)
    going_on.approve(ApprovalKind.start)
    for number in (1, 2, 3):
        going_on.attend(number, pain=4)
        going_on.until(going_on.now + timedelta(days=1, hours=3))
        going_on.text("5")
    going_on.must(PausePlan(until=going_on.now + timedelta(days=10)))
    going_on.until(going_on.now + timedelta(days=20))
    waiting = PlayedPlan(plan_for({"SCR-01": {"value": "checked"}}), NOW).until(NOW + timedelta(days=30))
    measured = in_degrees()
    visit(measured, 1, 95)
    played_lives = (going_on, waiting, measured)
    return [step.transition.state for played in played_lives for step in played.steps]


def gists_of(sources: Iterable[Source | Gist[Any]]) -> set[Gist[Any]]:
    """All gists that are read, also through others."""
    read = {gist for one in sources for gist in one.gists}
    return read | gists_of(read) if read else read


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: source.__name__)
def test_a_source_of_the_agenda_names_every_part_of_the_plan_that_it_reads(source: Source) -> None:
    read: set[str] = set()
    for state in lives():
        tuple(source.__wrapped__(Watched(state, read)))  # type: ignore[attr-defined]
    named = source.__wrapped__.parts  # type: ignore[attr-defined]
    assert read <= named, sorted(read - named)


@pytest.mark.parametrize(
    "gist", sorted({*gists_of(SOURCES), trends}, key=attrgetter("__name__")), ids=attrgetter("__name__")
)
def test_a_gist_names_every_part_of_the_plan_that_it_reads_itself(gist: Gist[Any]) -> None:
    read: set[str] = set()
    for state in lives():
        gist.among(Watched(state, read), {other: other(state) for other in gist.gists})  # type: ignore[arg-type]
    assert read <= gist.own, sorted(read - gist.own)


def test_what_is_remembered_of_a_plan_changes_nothing_that_will_happen_in_it() -> None:
    """Also where two plans are asked about in turn, and where one is asked about backwards."""
    states = lives()
    for order in (states, states[::-1], states[::2] + states[1::2]):
        remembering = Sections(SOURCES)
        for state in order:
            agenda = Sections(SOURCES).of(state)
            assert remembering.of(state).first == agenda.first
            assert remembering.of(state).items() == agenda.items()
