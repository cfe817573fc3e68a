"""What a grade of an unwanted effect asks for (`adverse_events.grades`)."""

from __future__ import annotations

from typing import Final

from schemas.commands import FollowUpAdverseEvent
from schemas.plan import PlanState
from schemas.screening import Urgency
from schemas.treating import AdverseEvent, AdverseTerms

FREEZES, EXAMINE_FIRST, SUSPENDS = 1, 2, 3
"""From which grade on the taper is frozen, a physiotherapist examines first, the plan stands still."""

_TERMS: Final = (
    AdverseTerms(grade=0, follow_up_hours=72),
    AdverseTerms(grade=1, follow_up_hours=24, closed_by="treating_physiotherapist"),
    AdverseTerms(grade=2, follow_up_hours=24, closed_by="lead_physiotherapist"),
    AdverseTerms(grade=3, follow_up_hours=2, closed_by="lead_physiotherapist"),
    AdverseTerms(grade=4, follow_up_hours=1, closed_by="clinic_manager"),
)
"""For plans that began before protocols carried these terms (pack 0.1.0)."""

URGENCIES: Final = (Urgency.E3, Urgency.E2, Urgency.E2, Urgency.E1, Urgency.E0)


def terms_of(state: PlanState, grade: int) -> AdverseTerms:
    """What the plan's protocol asks for at a grade."""
    return next(terms for terms in (state.protocol.adverse or _TERMS) if terms.grade == grade)


def rule_of(grade: int) -> str:
    """The rule that stands for a grade in a plan's story."""
    return f"adverse_events.grade_{grade}"


def worst_open(state: PlanState) -> int:
    """The highest grade still open, as the taper looks at it (TAP-SUS-1, TAP-FRZ-1); 0 for none that counts."""
    return max([event.grade for event in state.adverse], default=0)


def followed_up(event: AdverseEvent, told: FollowUpAdverseEvent) -> AdverseEvent:
    """What is known of an event after a call or an examination; its grade rises and never falls.

    Of one that got worse to grade 2 or more, what was examined and told before was of something milder: it is
    examined and told anew (`adverse_events.mandatory_follow_up`, REQ-07).
    """
    grade = max(event.grade, told.grade or 0)
    anew = grade > event.grade and grade >= EXAMINE_FIRST
    return event.but(
        grade=grade,
        examined=told.examined or (event.examined and not anew),
        client_told=told.client_told or (event.client_told and not anew),
    )
