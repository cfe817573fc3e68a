"""The agenda of the last state asked about: a source is asked again only where something that it reads has changed.

Plans are frozen and a step copies what it leaves alone by reference: the same object is the same part.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from operator import attrgetter, is_
from typing import Any, NamedTuple

from care.agenda_sources import NOTHING, Entry, Section, Source
from care.done_keys import keys_done
from care.gists import Gist
from schemas.made import Made, made
from schemas.plan import AgendaItem, PlanState


@made
class Agenda(Made):
    """What every source says about one state, and what comes first."""

    state: PlanState
    parts: tuple[Any, ...]
    """The parts of the plan that any source or gist reads."""
    gists: dict[Gist[Any], Any]
    sections: list[Section]
    firsts: list[Entry]
    """What comes first of each section; it may have had its turn where it does not come first of all."""
    first: Entry
    """What comes first of all."""

    def items(self) -> tuple[AgendaItem, ...]:
        """All items still to come, in order."""
        done, runs = keys_done(self.state.done), (run for section in self.sections for run in section[0])
        coming = sorted(entry for run in runs for entry in run if entry[1] not in done)
        return tuple(item for _, _, item in coming if item is not None)


def _first_of(section: Section, done: frozenset[str]) -> Entry:
    """The first item of a section that has not had its turn."""
    first: Entry | None = None
    for run in section[0]:
        for entry in run:
            if entry[1] not in done:
                if first is None or entry < first:
                    first = entry
                break
    return first or NOTHING


def _pass_over(had_turn: Entry, firsts: list[Entry], sections: list[Section], done: frozenset[str]) -> None:
    """Of the section in which this came first, the next comes first."""
    place = firsts.index(had_turn)
    firsts[place] = _first_of(sections[place], done)


class _Change(NamedTuple):
    """What must be asked where some parts of a plan are others."""

    sources: dict[int, bool]
    """Sources by their place; and whether what they said last helps them."""
    gists: tuple[tuple[Gist[Any], bool], ...]
    """What may have another value; and whether it reads such a part itself, not only through another gist."""


class Sections:
    """The last state asked about and its agenda: the next state differs from it in a field or two.

    A step asks several times about one state, and most steps leave most parts of it the same objects.
    """

    def __init__(self, sources: Sequence[Source]) -> None:
        self._sources = tuple(sources)
        self._gists = _in_turn(gist for one in sources for gist in one.gists)
        self._readers = {
            gist: {place: False for place, one in enumerate(sources) if gist in one.gists}
            for gist in self._gists
        }
        self._parts = sorted(
            {part for one in sources for part in one.parts}.union(*(gist.parts for gist in self._gists))
        )
        self._look_at = attrgetter(*self._parts)
        self._changes: dict[tuple[bool, ...], _Change] = {}
        self._latest: Agenda | None = None

    def of(self, state: PlanState) -> Agenda:
        """The agenda of a state."""
        latest = self._latest
        if latest is None or latest.state is not state:
            self._latest = latest = self._afresh(state) if latest is None else self._after(latest, state)
        return latest

    def _afresh(self, state: PlanState) -> Agenda:
        gists: dict[Gist[Any], Any] = {}
        for gist in self._gists:
            gists[gist] = gist.among(state, gists)
        sections = [source.section(state, gists, None) for source in self._sources]
        done = keys_done(state.done)
        firsts = [_first_of(section, done) for section in sections]
        return Agenda.of(
            state=state,
            parts=self._look_at(state),
            gists=gists,
            sections=sections,
            firsts=firsts,
            first=min(firsts),
        )

    def _after(self, latest: Agenda, state: PlanState) -> Agenda:
        parts = self._look_at(state)
        same = tuple(map(is_, latest.parts, parts))
        change = self._changes.get(same) or self._change(same)
        gists, asked = latest.gists, change.sources
        if change.gists:
            gists, asked = self._gists_after(latest.gists, change, state)
        sections, firsts, done = latest.sections[:], latest.firsts[:], keys_done(state.done)
        for place, helps in asked.items():
            section = self._sources[place].section(state, gists, sections[place] if helps else None)
            sections[place], firsts[place] = section, _first_of(section, done)
        had_turn, just_now = latest.state.done, latest.first
        if state.done is not had_turn and state.done[: len(had_turn)] != had_turn:  # some turns are forgotten
            firsts = [_first_of(section, done) for section in sections]
        elif just_now[1] in done and just_now in firsts:
            _pass_over(just_now, firsts, sections, done)
        while (first := min(firsts))[1] in done:
            _pass_over(first, firsts, sections, done)
        return Agenda.of(state=state, parts=parts, gists=gists, sections=sections, firsts=firsts, first=first)

    def _gists_after(
        self, known: dict[Gist[Any], Any], change: _Change, state: PlanState
    ) -> tuple[dict[Gist[Any], Any], dict[int, bool]]:
        """The gists of the next state, and the sources to ask."""
        gists, asked = known, change.sources
        for gist, reads_itself in change.gists:
            if reads_itself or gists is not known:
                found = gist.among(state, gists)
                if found != known[gist]:
                    gists = {**gists, gist: found}
                    asked = asked | self._readers[gist]
        return gists, asked

    def _change(self, same: tuple[bool, ...]) -> _Change:
        """There are few kinds of change: each is looked up once it has been seen."""
        others = {part for part, unchanged in zip(self._parts, same, strict=True) if not unchanged}
        found = self._changes[same] = _Change(
            {
                place: not others & (one.parts - one.elements)
                for place, one in enumerate(self._sources)
                if others & one.parts
            },
            tuple((gist, bool(others & gist.own)) for gist in self._gists if others & gist.parts),
        )
        return found


def _in_turn(gists: Iterable[Gist[Any]]) -> tuple[Gist[Any], ...]:
    """Each gist once, after those that it reads."""
    turns: dict[Gist[Any], None] = {}
    for gist in gists:
        turns.update(dict.fromkeys((*_in_turn(gist.gists), gist)))
    return tuple(turns)
