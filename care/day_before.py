"""What the client texted to "any change?" the day before a session (SCH-8). No answer is not known, never a no.

It takes no question's place: they are asked in the room as well, before every session (DAY-01 … DAY-05).
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from enum import StrEnum
from typing import Final

from schemas.base import Frozen
from schemas.events import EventKind, PlanEvent
from schemas.plan import PlanState, Session, SessionStatus
from schemas.prompts import PromptKind

QUESTION: Final = "CHK-CHANGE"

_COMES: Final = frozenset({SessionStatus.booked, SessionStatus.held})


class Told(StrEnum):
    """What is known before the session."""

    no_change = "no_change"
    change = "change"
    not_known = "not_known"


class DayBefore(Frozen):
    """The answers to the question of the day before the next session.

    `asked_at` is set while a text of ours waits for its answer; `texts` are the ids of those that answered it.
    """

    session_no: int
    told: Told
    asked_at: datetime | None = None
    texts: tuple[str, ...] = ()


def day_before(state: PlanState, events: Iterable[PlanEvent]) -> DayBefore | None:
    """What was texted before the next session, by the plan's answers to check-ins; None without such a session.

    Of several answers, one that tells of a change counts; those from before a session was moved do not.
    """
    session = next_visit(state)
    if session is None:
        return None
    answers = [
        event.facts
        for event in events
        if event.kind is EventKind.answer_recorded
        and event.facts.get("question") == QUESTION
        and event.facts.get("session") == session.no
        and (session.placed_at is None or event.at > session.placed_at)
    ]
    waits = next(
        (p for p in state.prompts if p.kind is PromptKind.health_change and p.session_no == session.no), None
    )
    changed = [facts.get("changed") for facts in answers]
    told = Told.change if any(one is not False for one in changed) else Told.no_change
    return DayBefore(
        session_no=session.no,
        told=told if answers else Told.not_known,
        asked_at=waits.asked_at if waits is not None else None,
        texts=tuple(str(facts["inbound"]) for facts in answers if facts.get("inbound")),
    )


def next_visit(state: PlanState) -> Session | None:
    """The session to come, or the one that is on: not one whose outcome somebody was asked for already."""
    coming = [s for s in state.sessions if s.status in _COMES and not s.outcome_missing]
    return min(coming, key=lambda session: session.starts_at, default=None)
