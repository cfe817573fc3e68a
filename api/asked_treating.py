"""The bodies of what is recorded about treating by hand: assessments, unwanted effects, check-ins by telephone."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from api.asked import NeededWords, Words
from schemas.base import Strict
from schemas.treating import AssessmentOutcome

Grade = Annotated[int, Field(ge=0, le=4)]


class AssessmentAsked(Strict):
    """A physical assessment. `findings` holds what was found, by item (PA-01 …), in the physiotherapist's words.

    `techniques` are those that it allows, where they are fewer than the plan's.
    """

    outcome: AssessmentOutcome
    findings: dict[str, NeededWords] = Field(min_length=1)
    reasoning: NeededWords
    techniques: tuple[str, ...] | None = None


class AdverseEventAsked(Strict):
    """An unwanted effect, graded 0 (expected response) to 4 (danger to life)."""

    grade: Grade
    description: NeededWords
    session_no: int | None = Field(None, ge=1)
    region: str | None = None
    technique: str | None = None
    stops: tuple[str, ...] = ()
    client_told: bool = False
    software_contributed: bool = False


class FollowUpAsked(Strict):
    """What is known of an unwanted effect now. A grade is only ever raised."""

    note: NeededWords
    grade: Grade | None = None
    examined: bool = False
    client_told: bool = False
    resolved: bool = False


class CheckInAsked(Strict):
    """A client's answer to a check-in question, given by telephone or at the desk."""

    question: str = Field(pattern=r"^CHK-[A-Z]+$")
    value: int = Field(ge=0, le=10)
    note: Words | None = None
