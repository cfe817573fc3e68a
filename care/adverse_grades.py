"""What a grade of an unwanted effect asks for (`adverse_events.grades`)."""

from __future__ import annotations

from typing import Final

from schemas.plan import PlanState
from schemas.screening import Urgency
from schemas.treating import AdverseTerms

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
