"""What an agenda source said last: it is asked again only where a part of the plan that it looks at has changed.

Plans are frozen and a step copies what it leaves alone by reference: the same object is the same part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter, is_
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from care.done_keys import keys_done
from schemas.plan import AgendaItem, PlanState

Entry = tuple[datetime, str, AgendaItem]
"""An item behind what it is ordered by. The agenda's order is total, so replays agree: no two keys are alike."""

Run = Iterable[Entry]
"""Some items of one source in order."""


def _in_order(items: Iterable[AgendaItem]) -> list[Entry]:
    entries = [(item.due, item.key, item) for item in items]
    entries.sort()
    return entries


Section = tuple[tuple[Run, ...], Any]
"""What one source says about a state, in runs, and what it remembers of it for the next."""


class Unfolding:
    """A run that shows its first item at once, and works the others out when they are asked for."""

    def __init__(self, first: Entry | None, others: Callable[[], Iterable[Entry]]) -> None:
        self._first, self._others = first, others

    def __iter__(self) -> Iterator[Entry]:
        """The items in order."""
        if self._first is not None:
            yield self._first
            yield from self._others()


Asked = Iterable[AgendaItem] | Unfolding


class Source(Protocol):
    """One source of agenda items, and the parts of a plan that it reads (`progress.step`).

    Of `closely` it reads only a little: where nothing else has changed, it looks first whether that little did.
    """

    parts: frozenset[str]
    closely: frozenset[str]

    def section(self, state: PlanState, last: Section | None) -> Section:
        """Its items. `last` is what it said before, where nothing but what it reads closely has changed since."""
        ...


Closely = Mapping[Callable[[PlanState], Any], tuple[str, ...]]
"""Cheap functions of a plan that tell the little that a source reads of some parts, and those parts."""


class _Whole:
    """A source that is asked about a plan as a whole."""

    def __init__(
        self,
        source: Callable[[PlanState], Asked],
        parts: tuple[str, ...],
        closely: Closely,
    ) -> None:
        self.__name__, self.__wrapped__ = source.__name__, source
        self.parts = frozenset(parts).union(*closely.values())
        self.closely = self.parts - frozenset(parts)
        self._source, self._derived = source, tuple(closely)

    def section(self, state: PlanState, last: Section | None) -> Section:
        told = [part(state) for part in self._derived]
        if last is not None and last[1] == told:
            return last
        found = self._source(state)
        run = found if isinstance(found, Unfolding) else _in_order(found)
        return ((run,) if run else ()), told


class _OneByOne:
    """A source that is asked about one element of a plan's tuple at a time: only new elements are looked at."""

    def __init__(
        self,
        source: Callable[[PlanState, Any], Iterator[AgendaItem]],
        elements: str,
        parts: tuple[str, ...],
        among: Callable[[Any], Iterable[Any]],
    ) -> None:
        self.__name__, self.__wrapped__ = source.__name__, self._everything
        self.closely = frozenset({elements})
        self.parts = frozenset(parts) | self.closely
        self._source, self._elements, self._among = source, attrgetter(elements), among

    def section(self, state: PlanState, last: Section | None) -> Section:
        # An element is named by its address: it is kept with its items, so no other object can have that.
        known: dict[int, tuple[Any, Run]] = last[1] if last is not None else {}
        kept, runs = {}, []
        for element in self._among(self._elements(state)):
            name = id(element)
            kept[name] = held = known.get(name) or (element, _in_order(self._source(state, element)))
            if held[1]:
                runs.append(held[1])
        return tuple(runs), kept

    def _everything(self, state: PlanState) -> Iterator[AgendaItem]:
        for element in self._elements(state):
            yield from self._source(state, element)


def looks_at(
    *parts: str, closely: Closely = MappingProxyType({})
) -> Callable[[Callable[[PlanState], Asked]], Source]:
    """A source and the parts of a plan that it reads; every part must be named.

    What it reads `closely` it reads through the functions named there alone; what they tell is compared by value.

    `tests/care/test_agenda_memory.py` watches each source and fails if it reads a part that it does not name.
    """
    return lambda source: _Whole(source, parts, closely)


def looks_at_each(
    elements: str, *parts: str, among: Callable[[Any], Iterable[Any]] = iter
) -> Callable[[Callable[[PlanState, Any], Iterator[AgendaItem]]], Source]:
    """A source that reads one element of a tuple (`prompts`) at a time, and the other parts that it reads.

    `among` picks the elements that may have items at all.
    """
    return lambda source: _OneByOne(source, elements, parts, among)


class Agenda(NamedTuple):
    """What every source says about one state, and what comes first."""

    state: PlanState
    looked_at: tuple[Any, ...]
    """The parts of the plan that any source reads."""
    sections: tuple[Section, ...]
    first: AgendaItem | None
    """The first item still to come; None where there is none."""

    def items(self) -> tuple[AgendaItem, ...]:
        """All items still to come, in order."""
        done, runs = keys_done(self.state.done), (run for section in self.sections for run in section[0])
        coming = sorted(entry for run in runs for entry in run if entry[1] not in done)
        return tuple(item for _, _, item in coming)


def _first(sections: Iterable[Section], state: PlanState) -> AgendaItem | None:
    """The first item that has not had its turn."""
    first: Entry | None = None
    done = keys_done(state.done)
    for runs, _ in sections:
        for run in runs:
            for entry in run:
                if entry[1] not in done:
                    if first is None or entry < first:
                        first = entry
                    break
    return first[2] if first is not None else None


class Sections:
    """The last state asked about and its agenda: the next state differs from it in a field or two.

    A step asks several times about one state, and most steps leave most parts of it the same objects.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)
        self._parts = sorted({part for one in sources for part in one.parts})
        self._look_at = attrgetter(*self._parts)
        self._readers: dict[tuple[bool, ...], tuple[tuple[int, bool], ...]] = {}
        self._latest: Agenda | None = None

    def of(self, state: PlanState) -> Agenda:
        """The agenda of a state."""
        latest = self._latest
        if latest is None or latest.state is not state:
            self._latest = latest = self._afresh(state) if latest is None else self._after(latest, state)
        return latest

    def _afresh(self, state: PlanState) -> Agenda:
        sections = tuple(source.section(state, None) for source in self._sources)
        return Agenda(state, self._look_at(state), sections, _first(sections, state))

    def _after(self, latest: Agenda, state: PlanState) -> Agenda:
        looked_at, sections = self._look_at(state), list(latest.sections)
        for place, as_a_whole in self._who_reads(tuple(map(is_, latest.looked_at, looked_at))):
            known = None if as_a_whole else sections[place]
            sections[place] = self._sources[place].section(state, known)
        return Agenda(state, looked_at, tuple(sections), _first(sections, state))

    def _who_reads(self, same: tuple[bool, ...]) -> tuple[tuple[int, bool], ...]:
        """The sources that read what is not the same, and whether they read any of it as a whole.

        There are few kinds of change: each is looked up once it has been seen.
        """
        found = self._readers.get(same)
        if found is None:
            changed = {part for part, unchanged in zip(self._parts, same, strict=True) if not unchanged}
            found = self._readers[same] = tuple(
                (place, not changed.isdisjoint(source.parts - source.closely))
                for place, source in enumerate(self._sources)
                if not changed.isdisjoint(source.parts)
            )
        return found
