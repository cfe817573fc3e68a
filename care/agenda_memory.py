"""What an agenda source said last: it is asked again only where a part of the plan that it looks at has changed.

Plans are frozen and a step copies what it leaves alone by reference: the same object is the same part.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from operator import attrgetter, is_, itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol

from care.session_questions import keys_done
from schemas.plan import AgendaItem, PlanState

Entry = tuple[datetime, str, AgendaItem]
"""An item behind what it is ordered by. The agenda's order is total, so replays agree: no two keys are alike."""

Run = Iterable[Entry]
"""Some items of one source in order."""


def in_order(items: Iterable[AgendaItem]) -> list[Entry]:
    """Items as the agenda orders them."""
    return sorted([(item.due, item.key, item) for item in items])


Section = tuple[tuple[Run, ...], Any]
"""What one source says about a state, in runs, and what it remembers of it for the next."""


class Unfolding(Iterable[Entry]):
    """A run that works its items out as they are asked for, and shows the first at once."""


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
        return ((found if isinstance(found, Unfolding) else in_order(found),), told)


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
        before = last[1] if last is not None else {}
        kept: dict[int, tuple[Any, Run]] = {}
        for element in self._among(self._elements(state)):
            name = id(element)
            kept[name] = before.get(name) or (element, in_order(self._source(state, element)))
        return tuple([run for _, run in kept.values() if run]), kept

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
    """What every source says about one state, the keys that have had their turn, and what comes first of each."""

    state: PlanState
    sections: tuple[Section, ...]
    done: frozenset[str]
    heads: tuple[Entry | None, ...]
    first: AgendaItem | None
    """The first item still to come; None where there is none."""

    def items(self) -> tuple[AgendaItem, ...]:
        """All items still to come, in order."""
        runs = (run for section in self.sections for run in section[0])
        coming = sorted(entry for run in runs for entry in run if entry[1] not in self.done)
        return tuple(item for _, _, item in coming)


def _agenda(
    state: PlanState, sections: tuple[Section, ...], done: frozenset[str], heads: tuple[Entry | None, ...]
) -> Agenda:
    first = min(filter(None, heads), default=None)
    return Agenda(state, sections, done, heads, first[2] if first is not None else None)


_key = itemgetter(1)


def _head(section: Section, done: frozenset[str]) -> Entry | None:
    """The first entry of a section that has not had its turn."""
    first: Entry | None = None
    for run in section[0]:
        for entry in run:
            if entry[1] not in done:
                if first is None or entry < first:
                    first = entry
                break
    return first


class Sections:
    """The last state asked about and its agenda: the next state differs from it in a field or two.

    A step asks several times about one state, and most steps leave most sources' fields the same objects.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)
        self._fields = _Readers(sources, {part for one in sources for part in one.parts if "." not in part})
        self._measures = _Readers(sources, {part for one in sources for part in one.parts if "." in part})
        self._latest: Agenda | None = None

    def of(self, state: PlanState) -> Agenda:
        """The agenda of a state."""
        latest = self._latest
        if latest is None or latest.state is not state:
            self._latest = latest = self._afresh(state) if latest is None else self._after(latest, state)
        return latest

    def _afresh(self, state: PlanState) -> Agenda:
        sections, done = tuple(source.section(state, None) for source in self._sources), keys_done(state.done)
        return _agenda(state, sections, done, tuple(_head(section, done) for section in sections))

    def _after(self, latest: Agenda, state: PlanState) -> Agenda:
        before, sections, done, heads, _ = latest
        stale, doubtful = self._fields.of_change(before, state)
        if before.progress is not state.progress:
            also_stale, also_doubtful = self._measures.of_change(before.progress, state.progress)
            stale, doubtful = stale | also_stale, doubtful | also_doubtful
        if before.done is not state.done:
            done = keys_done(state.done)
        said, first = list(sections), list(heads)
        for place in stale | doubtful:
            known = None if place in stale else sections[place]
            said[place] = section = self._sources[place].section(state, known)
            if section is not known:
                first[place] = _head(section, done)
        if before.done is not state.done:
            forgotten = before.done[:1] != state.done[:1]
            if forgotten or not done.isdisjoint(map(_key, filter(None, first))):
                for place, head in enumerate(first):
                    if forgotten or (head is not None and head[1] in done):
                        first[place] = _head(said[place], done)
        return _agenda(state, tuple(said), done, tuple(first))


_Places = frozenset[int]


class _Readers:
    """Which sources read which field of a value; those that must ask again, and those that may have to."""

    def __init__(self, sources: Sequence[Source], parts: set[str]) -> None:
        names = sorted(parts)
        self._look = attrgetter(*(name.rpartition(".")[2] for name in names))
        self._reads = [
            (
                frozenset(n for n, one in enumerate(sources) if name in one.parts - one.closely),
                frozenset(n for n, one in enumerate(sources) if name in one.closely),
            )
            for name in names
        ]
        self._known: dict[tuple[bool, ...], tuple[_Places, _Places]] = {}

    def of_change(self, before: Any, now: Any) -> tuple[_Places, _Places]:
        """The sources for which a field is another object now: read as a whole, and read closely.

        There are few kinds of change: each is looked up once it has been seen.
        """
        same = tuple(map(is_, self._look(before), self._look(now)))
        found = self._known.get(same)
        if found is None:
            read = [reads for reads, unchanged in zip(self._reads, same, strict=True) if not unchanged]
            stale, doubtful = (
                (frozenset().union(*places) for places in zip(*read, strict=True)) if read else _NONE
            )
            found = self._known[same] = (stale, doubtful)
        return found


_NONE: tuple[_Places, _Places] = (frozenset(), frozenset())
