"""The sources of the agenda: what each says about a plan, and the parts of the plan that it reads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from operator import attrgetter
from typing import Any, Protocol

from care.gists import Gist, Gists
from schemas.plan import AgendaItem, PlanState

Entry = tuple[datetime, str, AgendaItem | None]
"""An item behind what it is ordered by. The agenda's order is total, so replays agree: no two keys are alike."""

NOTHING: Entry = (datetime.max.replace(tzinfo=UTC), "", None)
"""What comes first where nothing comes."""

Run = Iterable[Entry]
"""Some items of one source in order."""


def _in_order(items: Iterable[AgendaItem]) -> list[Entry]:
    entries: list[Entry] = [(item.due, item.key, item) for item in items]
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
    """One source of agenda items: the parts of a plan (`progress.step`) and the gists that it reads.

    Where of its parts only the `elements` have changed, what it said last helps it.
    """

    parts: frozenset[str]
    elements: frozenset[str]
    gists: tuple[Gist[Any], ...]

    def section(self, state: PlanState, gists: Gists, last: Section | None) -> Section:
        """Its items; `last` is what it said before, where that helps."""
        ...


class _Whole:
    """A source that is asked about a plan as a whole."""

    elements: frozenset[str] = frozenset()

    def __init__(
        self, source: Callable[..., Asked], parts: tuple[str, ...], gists: tuple[Gist[Any], ...]
    ) -> None:
        self.__name__, self.__wrapped__ = source.__name__, Gist(source, parts, gists)
        self.parts, self.gists, self._said = frozenset(parts), gists, self.__wrapped__.among

    def section(self, state: PlanState, gists: Gists, last: Section | None) -> Section:  # noqa: ARG002 - a whole
        found = self._said(state, gists)
        run = found if isinstance(found, Unfolding) else _in_order(found)
        return ((run,) if run else ()), None


class _OneByOne:
    """A source that is asked about one element of a plan's tuple at a time: only new elements are looked at."""

    gists: tuple[Gist[Any], ...] = ()

    def __init__(
        self,
        source: Callable[[PlanState, Any], Iterable[AgendaItem]],
        elements: str,
        parts: tuple[str, ...],
        among: Callable[[Any], Iterable[Any]],
    ) -> None:
        self.__name__, self.__wrapped__ = source.__name__, Gist(self._everything, (elements, *parts), ())
        self.parts, self.elements = self.__wrapped__.parts, frozenset({elements})
        self._source, self._all, self._among = source, attrgetter(elements), among

    def section(self, state: PlanState, gists: Gists, last: Section | None) -> Section:  # noqa: ARG002 - reads none
        # An element is named by its address: it is kept with its items, so no other object can have that.
        known: dict[int, tuple[Any, Run]] = last[1] if last is not None else {}
        kept, runs = {}, []
        for element in self._among(self._all(state)):
            name = id(element)
            kept[name] = held = known.get(name) or (element, _in_order(self._source(state, element)))
            if held[1]:
                runs.append(held[1])
        return tuple(runs), kept

    def _everything(self, state: PlanState) -> Iterator[AgendaItem]:
        for element in self._all(state):
            yield from self._source(state, element)


def looks_at(*parts: str, gists: tuple[Gist[Any], ...] = ()) -> Callable[[Callable[..., Asked]], Source]:
    """A source, the parts of a plan that it reads, and the gists that it is given after the plan.

    `tests/care/test_agenda_memory.py` watches each source and fails if it reads a part that is not named.
    """
    return lambda source: _Whole(source, parts, gists)


def looks_at_each(
    elements: str, *parts: str, among: Callable[[Any], Iterable[Any]] = iter
) -> Callable[[Callable[[PlanState, Any], Iterable[AgendaItem]]], Source]:
    """A source that reads one element of a tuple (`prompts`) at a time, and the other parts that it reads.

    `among` picks the elements that may have items at all.
    """
    return lambda source: _OneByOne(source, elements, parts, among)
