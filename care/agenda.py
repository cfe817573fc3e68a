"""The agenda: everything that will happen in a plan, in order, each with a rule and an owner.

One function, four uses: the workflow sleeps until its first item, the board shows it as "next", the
watchdog asks that every open plan has one, and the preview plays it forward.
"""

from __future__ import annotations

from datetime import datetime

from care.agenda_deadlines import DEADLINE_SOURCES, owner_of
from care.agenda_texts import SYSTEM, TEXT_SOURCES, session_key
from schemas.plan import AgendaItem, PlanState

__all__ = ["SYSTEM", "agenda", "due_items", "next_item", "owner_of", "session_key"]

_SOURCES = (*TEXT_SOURCES, *DEADLINE_SOURCES)


def agenda(state: PlanState) -> tuple[AgendaItem, ...]:
    """Every future item of the plan, earliest first; the order is total, so replays agree."""
    global _latest  # noqa: PLW0603 - a memory of one pure result
    seen, items = _latest
    if seen is not state:
        items = _agenda(state)
        _latest = (state, items)
    return items


_latest: tuple[PlanState | None, tuple[AgendaItem, ...]] = (None, ())
"""The last state asked about and its agenda: a step asks several times about one state, which never changes."""


def _agenda(state: PlanState) -> tuple[AgendaItem, ...]:
    done = frozenset(state.done)
    items = [item for source in _SOURCES for item in source(state) if item.key not in done]
    return tuple(sorted(items, key=lambda item: (item.due, item.key)))


def next_item(state: PlanState) -> AgendaItem | None:
    """The first item of the agenda; None only when nothing more can happen by itself."""
    items = agenda(state)
    return items[0] if items else None


def due_items(state: PlanState, now: datetime) -> tuple[AgendaItem, ...]:
    """What is due: an item due exactly now is due (F20)."""
    return tuple(item for item in agenda(state) if item.due <= now)
