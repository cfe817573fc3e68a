"""Pure functions that are asked about the same thing several times in a row.

A plan's tuples are frozen and copied by reference from step to step: the very same object has the same answer, and
looking whether it is the same costs less than hashing a hundred keys.

A worker steps several plans at once, each in its own thread: whatever is remembered is kept in one assignment.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import wraps
from operator import attrgetter, is_
from types import MappingProxyType
from typing import Any, TypeVar

A = TypeVar("A")
R = TypeVar("R")


def same_again(work: Callable[[A], R]) -> Callable[[A], R]:
    """Remember the last value, as an object, and its answer."""
    last: tuple[A, R] | None = None

    @wraps(work)
    def answer(value: A) -> R:
        nonlocal last
        known = last
        if known is not None and known[0] is value:
            return known[1]
        found = work(value)
        last = (value, found)
        return found

    return answer


def one_more(
    afresh: Callable[[tuple[A, ...]], R], grown: Callable[[R, A, tuple[A, ...]], R]
) -> Callable[[tuple[A, ...]], R]:
    """What is made of a record that most often is the one asked about last, or that with one element more.

    `grown` makes it of what was made before, of the newest element, and of the oldest if the record dropped it.
    """
    last: tuple[tuple[A, ...], R] | None = None

    def made(record: tuple[A, ...]) -> R:
        nonlocal last
        known, found = last or ((), None)
        if found is not None and known is record:
            return found
        dropped = len(known) - len(record) + 1
        if found is not None and record and dropped in (0, 1) and known[dropped:] == record[:-1]:
            found = grown(found, record[-1], known[:dropped])
        else:
            found = afresh(record)
        last = (record, found)
        return found

    return made


def same_parts(
    *parts: str, closely: Mapping[Callable[[Any], Any], str] = MappingProxyType({})
) -> Callable[[Callable[[A], R]], Callable[[A], R]]:
    """Remember a function's last answer by the parts of a plan that it reads (`progress.step`), as objects.

    `closely` are cheap functions, each of one part more: what they tell is compared by value, for where only little
    is read of a part.
    """
    fields = sorted({part.partition(".")[0] for part in (*parts, *closely.values())})
    # The first one twice: a tuple also of one part.
    glance, look = attrgetter(*fields, fields[0]), attrgetter(*parts, parts[0])

    def remembering(work: Callable[[A], R]) -> Callable[[A], R]:
        last: tuple[tuple[Any, ...], tuple[Any, ...], list[Any], R] | None = None

        @wraps(work)
        def answer(state: A) -> R:
            nonlocal last
            known, seen = last, glance(state)
            if known is not None and all(map(is_, known[0], seen)):
                return known[3]
            read, told = look(state), [part(state) for part in closely]
            if known is not None and all(map(is_, known[1], read)) and known[2] == told:
                found = known[3]
            else:
                found = work(state)
            last = (seen, read, told, found)
            return found

        return answer

    return remembering
