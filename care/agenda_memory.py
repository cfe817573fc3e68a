"""What an agenda source looked at last: it is asked again only when a part of the plan that it looks at changed.

Plans are frozen and a step copies what it leaves alone by reference, so comparing an unchanged part costs nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import wraps
from operator import attrgetter
from typing import Any, Protocol

from schemas.plan import AgendaItem, PlanState


class Source(Protocol):
    """One source of agenda items, and the parts of a plan that it reads (`progress.step`)."""

    parts: tuple[str, ...]

    def __call__(self, state: PlanState) -> tuple[AgendaItem, ...]: ...


def looks_at(
    *parts: str, **derived: Callable[[PlanState], Any]
) -> Callable[[Callable[[PlanState], Iterator[AgendaItem]]], Source]:
    """Remember a source's last items by the parts it reads; every part must be named.

    `derived` are cheap functions of a part (`progress_answers` of `progress.answers`) that tell the little of it
    that the source reads.

    `tests/care/test_agenda_memory.py` watches each source and fails if it reads a part that it does not name.
    """
    look, extra = attrgetter("plan_id", *parts), tuple(derived.values())
    named = (*parts, *(name.replace("progress_", "progress.") for name in derived))

    def remembering(source: Callable[[PlanState], Iterator[AgendaItem]]) -> Source:
        last: tuple[tuple[Any, ...], tuple[AgendaItem, ...]] = ((), ())

        @wraps(source)
        def items(state: PlanState) -> tuple[AgendaItem, ...]:
            nonlocal last
            seen, before = last
            now = (look(state), *(part(state) for part in extra))
            if seen == now:
                return before
            found = tuple(source(state))
            last = (now, found)
            return found

        items.parts = named  # type: ignore[attr-defined]
        return items  # type: ignore[return-value]

    return remembering
