"""Pure functions that are asked about the same thing several times in a row.

A plan's tuples are frozen and copied by reference from step to step: the very same object has the same answer, and
looking whether it is the same costs less than hashing a hundred keys.

A worker steps several plans at once, each in its own thread: whatever is remembered is kept in one assignment.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import TypeVar

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
        if last is not None:
            known, found = last
            if known is record:
                return found
            dropped = len(known) - len(record) + 1
            if record and dropped in (0, 1) and known[dropped:] == record[:-1]:
                found = grown(found, record[-1], known[:dropped])
                last = (record, found)
                return found
        found = afresh(record)
        last = (record, found)
        return found

    return made
