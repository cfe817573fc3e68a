"""The agenda: everything that will happen in a plan, in order, each with a rule and an owner.

One function, four uses: the workflow sleeps until its first item, the board shows it as "next", the
watchdog asks that every open plan has one, and the preview plays it forward.
"""

from __future__ import annotations

from datetime import datetime

from care.agenda_deadlines import DEADLINE_SOURCES, owner_of
from care.agenda_memory import Sections
from care.agenda_sessions import SESSION_SOURCES, session_key
from care.agenda_texts import SYSTEM, TEXT_SOURCES
from schemas.plan import AgendaItem, PlanState

__all__ = ["SYSTEM", "agenda", "due_items", "next_item", "owner_of", "session_key"]

_sections = Sections((*SESSION_SOURCES, *TEXT_SOURCES, *DEADLINE_SOURCES))


def agenda(state: PlanState) -> tuple[AgendaItem, ...]:
    """Every future item of the plan, earliest first; the order is total, so replays agree."""
    return _sections.of(state).items()


def next_item(state: PlanState) -> AgendaItem | None:
    """The first item of the agenda; None only when nothing more can happen by itself."""
    return _sections.of(state).first[2]


def due_items(state: PlanState, now: datetime) -> tuple[AgendaItem, ...]:
    """What is due: an item due exactly now is due (F20)."""
    return tuple(item for item in agenda(state) if item.due <= now)
