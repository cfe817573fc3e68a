"""Gists: the little that is read of some parts of a plan, in place of the parts themselves.

The agenda asks whoever reads a gist again only where the gist has another value, not where a part has changed.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter, is_
from typing import Any, Generic, Protocol, TypeVar

from schemas.plan import PlanState

G = TypeVar("G")


class Gists(Protocol):
    """The values of gists for one plan."""

    def __getitem__(self, gist: Gist[G], /) -> G:
        """The value of one."""
        ...


class Gist(Generic[G]):
    """What `work` makes of some parts of a plan (`own`, such as `progress.step`) and of other gists."""

    def __init__(self, work: Callable[..., G], own: tuple[str, ...], gists: tuple[Gist[Any], ...]) -> None:
        self.__name__, self.__doc__ = work.__name__, work.__doc__
        self.own, self.gists, self._work = frozenset(own), gists, work
        self.parts: frozenset[str] = self.own.union(*(one.parts for one in gists))
        """All that its value depends on."""

    def __call__(self, state: PlanState) -> G:
        """The gist of a plan of which no other is known."""
        return self.among(state, {one: one(state) for one in self.gists})

    def among(self, state: PlanState, gists: Gists) -> G:
        """The gist of a plan, made with the others of it."""
        return self._work(state, gists) if self.gists else self._work(state)


def gist_of(*parts: str, gists: tuple[Gist[Any], ...] = ()) -> Callable[[Callable[..., G]], Gist[G]]:
    """A gist of these parts, every one of which must be named; one that reads others is given them after the plan."""
    return lambda work: Gist(work, parts, gists)


def same_parts_again(gist: Gist[G]) -> Callable[[PlanState], G]:
    """A gist that is made again only where one of the parts that it reads, two or more, is another object."""
    look_at = attrgetter(*gist.parts)
    last: tuple[tuple[object, ...], G] | None = None

    def answer(state: PlanState) -> G:
        nonlocal last
        known, seen = last, look_at(state)  # in one assignment each: plans are stepped in several threads
        if known is not None and all(map(is_, known[0], seen)):
            return known[1]
        found = gist(state)
        last = (seen, found)
        return found

    return answer
