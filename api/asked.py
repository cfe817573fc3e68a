"""The bodies of commands: what staff send, checked for shape before any plan is asked."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import Annotated, Any, Self

from pydantic import AwareDatetime, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from care.goals import WantedGoal
from schemas.base import Measured, Strict
from schemas.commands import Decision
from schemas.plan import Outcome, SessionStatus
from schemas.taper import Step

Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=4000)]
NeededWords = Annotated[str, StringConstraints(strip_whitespace=True, min_length=3, max_length=4000)]
PaperWords = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200)]
ZeroToTen = Annotated[float, Field(ge=0, le=10)]
DaySaid = dict[str, bool | None]
"""Answers to the questions of the day by their ids; None: not asked."""


class EditAsked(Strict):
    """Changes to a protocol; what is left out stays as it is. `therapist` is an id or e-mail.

    `target_regions` are the parts of the body to treat: of a running plan, or as it starts.
    """

    start_step: Step | None = None
    first_session_at: AwareDatetime | None = None
    session_minutes: int | None = Field(None, ge=30, le=60)
    planned_weeks: int | None = Field(None, ge=1, le=104)
    home_days_per_week: int | None = Field(
        None, ge=1, le=7, description="ADH counts home days against it; 7, every day, unless a plan says so."
    )
    primary: WantedGoal | None = Field(
        None,
        description=(
            "The goal: PSFS, STIFF, NRS, or ROM with an `angle`. The rule pack says which change counts: no `mcid`."
        ),
    )
    therapist: str | None = None
    room_id: str | None = None
    techniques: tuple[str, ...] | None = None
    surgical_techniques: tuple[str, ...] | None = Field(
        None,
        max_length=40,
        description="What the surgical team's protocol allows now, all of it: techniques of "
        "`allowed_only_if_protocol_says`. By itself: neither `techniques` nor `target_regions` beside it.",
    )
    review_sessions: int | None = Field(None, ge=1, le=26)
    review_days: int | None = Field(None, ge=7, le=182)
    pain_baseline: ZeroToTen | None = Field(None, description="AL-02 compares with it; re-set at a review.")
    pain_ok_max: ZeroToTen | None = Field(
        None, description="D2's limit, for pain that lasts; the plan knows the highest."
    )
    target_regions: tuple[str, ...] | None = Field(
        None, min_length=1, max_length=6, description="All of them, by the rule pack's names."
    )


class DecisionAsked(Strict):
    """Approve, edit or reject. An edit says what should be instead; it and a rejection say why.

    A clearance rests on a document: all four of its fields to approve it, the first three to reject by one.
    """

    decision: Decision
    reason: Words | None = None
    step: Step | None = None
    edit: EditAsked | None = None
    document_from: PaperWords | None = Field(None, description="Who wrote it: a name and where they work.")
    document_dated: date | None = Field(None, description="The date that stands on it.")
    document_kept: PaperWords | None = Field(
        None, description="Where the paper is kept; no file is kept here."
    )
    document_valid_until: date | None = Field(
        None, description="Its review date. It counts no longer than its rule allows, whatever it says."
    )

    texts_agreed: bool | None = Field(
        None,
        description="With the consent record of a client under 16 (SCR-24): are texts as agreed? Left out, no.",
    )

    confirmed: tuple[NeededWords, ...] | None = Field(
        None,
        max_length=20,
        description="What a start condition asks to confirm beside the paper, word for word as its hold says it.",
    )
    surgical_techniques: tuple[str, ...] | None = Field(
        None,
        max_length=40,
        description="With the surgical team's protocol: the techniques of `allowed_only_if_protocol_says` that it "
        "allows. What is left out is not allowed, also if an earlier protocol did.",
    )

    @model_validator(mode="after")
    def _a_rejection_says_why(self) -> Self:
        if self.decision is Decision.reject and not self.reason:
            raise PydanticCustomError(
                "field", "Say why it is rejected: the next person reads it.", {"field": "reason"}
            )
        return self


class OutcomeAsked(Strict):
    """What happened at a session. Scores belong to a session that was attended."""

    outcome: Outcome = Field(
        description="`cancelled`: the client came and was not happy to go ahead (DAY-05); no session, no penalty."
    )
    pain: ZeroToTen | None = None
    stiffness: ZeroToTen | None = None
    primary: Measured | None = None
    techniques: tuple[str, ...] = ()
    note: Words | None = None
    day_check: DaySaid = Field(
        default_factory=dict,
        description=(
            "DAY-01 … DAY-03 and DAY-05 as the client answered them: true for yes, false for no; DAY-04 is `pain`. "
            "Whatever is null or left out was not asked: a session that was attended is recorded all the same, "
            "and an alert asks for the answers."
        ),
    )

    @model_validator(mode="after")
    def _scores_need_a_visit(self) -> Self:
        if self.outcome is SessionStatus.attended:
            return self
        for name in ("pain", "stiffness", "primary", "techniques"):
            if getattr(self, name) not in (None, ()):
                raise PydanticCustomError(
                    "field", "Only a session that was attended has this; leave it out.", {"field": name}
                )
        return self


class DayAnswersAsked(Strict):
    """What the client says now to questions of the day that were not asked at a session."""

    pain: ZeroToTen | None = Field(None, description="Pain now: DAY-04.")
    day_check: DaySaid = Field(
        default_factory=dict, description="As with the outcome; null is still not asked."
    )


class RescheduleAsked(Strict):
    """The new start, with its offset."""

    starts_at: AwareDatetime


class CancelAsked(Strict):
    """Whether the clinic cancels; else the client does."""

    by_clinic: bool = False


class HoldAsked(Strict):
    """Pause a plan, with or without an end."""

    reason: NeededWords
    until: AwareDatetime | None = None


class ReasonAsked(Strict):
    """Why; optional."""

    reason: Words | None = None


class NeededReasonAsked(Strict):
    """Why; needed."""

    reason: NeededWords


class AmendAsked(Strict):
    """Change a running plan's protocol, and why."""

    edit: EditAsked
    reason: NeededWords


class RescreenAsked(Strict):
    """Screening questions that were asked again: answers by item id."""

    answers: dict[str, Any] = Field(min_length=1)


class AlertOutcome(StrEnum):
    """How an alert ended, as a code: the plan's own state holds no words."""

    advice_given = "advice_given"
    client_is_well = "client_is_well"
    client_not_reached = "client_not_reached"
    emergency_care = "emergency_care"
    referred_on = "referred_on"
    visit_changed = "visit_changed"
    see_note = "see_note"


class CloseAlertAsked(Strict):
    """How an alert ended: one of the codes, or a few words, and what was found and done."""

    outcome: NeededWords
    note: Words | None = None

    @property
    def code(self) -> AlertOutcome:
        """The outcome as the plan keeps it."""
        return AlertOutcome(self.outcome) if self.outcome in set(AlertOutcome) else AlertOutcome.see_note

    @property
    def words(self) -> str | None:
        """Everything that was written, for the record."""
        said = None if self.outcome in set(AlertOutcome) else self.outcome
        return "\n".join(part for part in (said, self.note) if part) or None
