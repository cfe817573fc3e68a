"""Pure functions that are asked about the same thing several times in a row.

A plan's tuples are frozen and copied by reference from step to step: the very same object has the same answer, and
looking whether it is the same costs less than hashing a hundred keys.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from operator import attrgetter, is_
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


def same_parts(
    *parts: str, derived: tuple[Callable[[Any], Any], ...] = ()
) -> Callable[[Callable[[A], R]], Callable[[A], R]]:
    """Remember a function's last answer by the parts of a plan that it reads (`progress.step`), as objects.

    `derived` are cheap functions of other parts, compared by value, for where it reads only little of a part.
    """
    look = attrgetter(*parts, parts[0])  # the first one twice: a tuple also of one part

    def remembering(work: Callable[[A], R]) -> Callable[[A], R]:
        last: tuple[A, tuple[Any, ...], list[Any], R] | None = None

        @wraps(work)
        def answer(state: A) -> R:
            nonlocal last
            known = last
            if known is not None and known[0] is state:
                return known[3]
            now, told = look(state), [part(state) for part in derived]
            if known is not None and all(map(is_, known[1], now)) and known[2] == told:
                found = known[3]
            else:
                found = work(state)
            last = (state, now, told, found)
            return found

        return answer

    return remembering
