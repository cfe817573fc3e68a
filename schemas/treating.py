"""What is recorded about treating by hand: the physical assessment, unwanted effects, and the questions of the day.

Codes and numbers only; what people wrote stays in the database under `note_id`.
"""

from __future__ import annotations

from enum import StrEnum

from schemas.base import Instant
from schemas.made import Made, made


class AssessmentOutcome(StrEnum):
    """What the physical assessment came to (`physical_assessment.outcome_options`)."""

    suitable = "suitable"
    suitable_modified = "suitable_modified"
    not_suitable_now = "not_suitable_now"
    refer_on = "refer_on"

    @property
    def lets_start(self) -> bool:
        """Whether hands-on work may begin."""
        return self in (AssessmentOutcome.suitable, AssessmentOutcome.suitable_modified)


@made
class Assessment(Made):
    """The assessment before the first hands-on session: what was looked at (PA-01 … PA-11) and its outcome."""

    outcome: AssessmentOutcome
    items: tuple[str, ...]
    at: Instant
    by: str


@made
class AdverseTerms(Made):
    """What the pack asks for at one grade: hours to the first call, the role that closes it (None: anybody), hours
    from call to call.
    """

    grade: int
    follow_up_hours: float
    closed_by: str | None = None
    call_again_hours: float = 48


@made
class AdverseEvent(Made):
    """An unwanted effect that is still open. `grade` is its highest so far: 0 expected … 4 danger to life."""

    id: str
    grade: int
    reported_at: Instant
    follow_up_at: Instant
    follow_ups: int = 0
    session_no: int | None = None
    region: str | None = None
    technique: str | None = None
    examined: bool = False
    client_told: bool = False
    software: bool = False
