"""What an agenda source looked at last: it is asked again only when a part of the plan that it looks at changed.

Plans are frozen and a step copies what it leaves alone by reference: the same object is the same part.
A state whose fields are the same objects is not even compared: `Sections` passes over the sources of those fields.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import wraps
from operator import attrgetter, is_
from typing import Any, NamedTuple, Protocol

from care.checkins import keys_done
from schemas.plan import AgendaItem, PlanState


class Source(Protocol):
    """One source of agenda items, and the parts of a plan that it reads (`progress.step`)."""

    parts: tuple[str, ...]

    def __call__(self, state: PlanState) -> tuple[AgendaItem, ...]: ...


in_order = attrgetter("due", "key")
"""The agenda's order: total, so replays agree."""


def looks_at(
    *parts: str, **derived: Callable[[PlanState], Any]
) -> Callable[[Callable[[PlanState], Iterator[AgendaItem]]], Source]:
    """Remember a source's last items, in order, by the parts it reads; every part must be named.

    `derived` are cheap functions of a part (`progress_answers` of `progress.answers`) that tell the little of it
    that the source reads.

    `tests/care/test_agenda_memory.py` watches each source and fails if it reads a part that it does not name.
    """
    look, extra = attrgetter("plan_id", *parts), tuple(derived.values())
    named = (*parts, *(name.replace("progress_", "progress.") for name in derived))

    def remembering(source: Callable[[PlanState], Iterator[AgendaItem]]) -> Source:
        last: tuple[tuple[Any, ...], list[Any], tuple[AgendaItem, ...]] | None = None

        @wraps(source)
        def items(state: PlanState) -> tuple[AgendaItem, ...]:
            nonlocal last
            known, now, told = last, look(state), [part(state) for part in extra]
            if known is not None and all(map(is_, known[0], now)) and known[1] == told:
                return known[2]
            found = tuple(sorted(source(state), key=in_order))
            last = (now, told, found)
            return found

        items.parts = named  # type: ignore[attr-defined]
        return items  # type: ignore[return-value]

    return remembering


class Agenda(NamedTuple):
    """What every source says about one state, each in order, and the keys that have had their turn."""

    state: PlanState
    sections: tuple[tuple[AgendaItem, ...], ...]
    done: frozenset[str]

    def first(self) -> AgendaItem | None:
        """The first item still to come; None where there is none."""
        first, done = None, self.done
        for section in self.sections:
            for item in section:
                if item.key not in done:
                    if (
                        first is None
                        or item.due < first.due
                        or (item.due == first.due and item.key < first.key)
                    ):
                        first = item
                    break
        return first

    def items(self) -> tuple[AgendaItem, ...]:
        """All items still to come, in order."""
        coming = (item for section in self.sections for item in section if item.key not in self.done)
        return tuple(sorted(coming, key=in_order))


class Sections:
    """The last state asked about and its agenda: the next state differs from it in a field or two.

    A step asks several times about one state, and most steps leave most sources' fields the same objects.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)
        everyone = frozenset(range(len(sources)))
        fields: dict[str, frozenset[int]] = {"plan_id": everyone}
        progress: dict[str, frozenset[int]] = {}
        for place, source in enumerate(sources):
            for part in source.parts:
                field, _, measure = part.partition(".")
                table, name = (progress, measure) if measure else (fields, field)
                table[name] = table.get(name, frozenset()) | {place}
        self._by_field, self._by_measure = tuple(fields.items()), tuple(progress.items())
        self._latest: Agenda | None = None

    def of(self, state: PlanState) -> Agenda:
        """The agenda of a state."""
        latest = self._latest
        if latest is None:
            latest = Agenda(state, tuple(source(state) for source in self._sources), keys_done(state.done))
        elif latest.state is not state:
            latest = self._after(latest, state)
        self._latest = latest
        return latest

    def _after(self, latest: Agenda, state: PlanState) -> Agenda:
        before, now = latest.state.__dict__, state.__dict__
        stale: set[int] = set()
        for field, places in self._by_field:
            if before[field] is not now[field]:
                stale |= places
        if before["progress"] is not now["progress"]:
            measured, measures = before["progress"].__dict__, now["progress"].__dict__
            for measure, places in self._by_measure:
                if measured[measure] is not measures[measure]:
                    stale |= places
        sections = latest.sections
        if stale:
            asked = list(sections)
            for place in stale:
                asked[place] = self._sources[place](state)
            sections = tuple(asked)
        return Agenda(state, sections, keys_done(state.done))
