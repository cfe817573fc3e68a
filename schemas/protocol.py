"""A plan's resolved protocol: the few kilobytes of rules that one plan runs on.

The therapist sees it before approving and may edit it. It is pinned to a rule pack's version and hash;
the agenda needs only this and the plan's state, never the whole pack.
"""

from __future__ import annotations

from dataclasses import field
from datetime import date, time, timedelta
from enum import StrEnum
from typing import Annotated

from pydantic import Field

from schemas.base import Instant, Shared
from schemas.goals import Measure
from schemas.made import Made, made
from schemas.screening import Disposition, Restriction, Urgency
from schemas.taper import Step, TaperPolicy
from schemas.treating import AdverseTerms


@made
class OpeningSpan(Made):
    """The site is staffed from `opens` to `closes`, local time, on `weekday` (0 is Monday)."""

    weekday: Annotated[int, Field(ge=0, le=6)]
    opens: time
    closes: time


@made
class SiteHours(Made):
    """When the site is staffed, in its own zone. Alert and approval deadlines count only these minutes.

    Looked up by value wherever an answer about time is remembered, so its hash is that of its two short parts.
    """

    zone: str
    spans: tuple[OpeningSpan, ...]
    closed_on: tuple[date, ...] = ()
    quiet_start: time = time(20)
    quiet_end: time = time(9)

    def __hash__(self) -> int:
        return hash((self.zone, self.quiet_start))


@made
class ChainLink(Made):
    """One step of the escalation chain: a role and the person who fills it at this site."""

    role: str
    staff_id: str


@made
class AlertTerms(Made):
    """How fast an alert of one urgency must be acknowledged and acted on, in staffed minutes.

    `page_again_after` is by the clock on the wall: the next of the chain is paged then, though nobody is there.
    `closed_minutes` is for contact where the site was closed as it opened, `contact_days` the end of which working
    day after today is the latest.
    """

    acknowledge_minutes: int
    contact_minutes: int
    pages: bool
    page_again_after: timedelta | None = None
    closed_minutes: int | None = None
    contact_days: int | None = None


@made
class SameDay(Made):
    """Severe pain and despair, by the rules that find them, are rung about on the working day they are told on.

    Told at `told_before` or later, they wait as what is soon (E2) does.
    """

    rules: tuple[str, ...] = ("AL-01", "DAY-04", "SCR-16-a", "KW-UPSET")
    told_before: time = time(14)


@made
class SessionChecks(Made):
    """When a visit is asked about: soreness the next day (SCH-1), pain some days on, and after which visits (SCH-2).

    Soreness is asked at the visit's own wall time, or `sore_from` after it where that would be past `sore_until`.
    """

    sore_after_days: int = 1
    sore_from: timedelta = timedelta(hours=20)
    sore_until: timedelta = timedelta(hours=28)
    pain_after_days: int = 3
    first_sessions: int = 3
    after_step_change: bool = True
    after_new_technique: bool = True
    if_sore_at_least: int = 4


@made
class CheckinRule(Made):
    """One line of the check-in schedule (SCH-n): ask a question every so many days at each step.

    `fixed_weekday`: always on the weekday on which the plan began, as near to those days as it lies (SCH-3).
    """

    rule: str
    ask: str
    every_days: dict[Step, int]
    fixed_weekday: bool = False


@made
class AskAgain(Made):
    """Questions to ask again before a session that comes more than `after_days` after the form or the last visit.

    No items: the whole form. `assess`: a new physical assessment as well.
    """

    rule: str
    after_days: int
    items: tuple[str, ...] = ()
    assess: bool = False


class ApprovalKind(StrEnum):
    """What a named therapist is asked to decide."""

    start = "start"
    clearance = "clearance"
    rescreen = "rescreen"
    taper = "taper"
    resume = "resume"
    discharge = "discharge"


@made
class Protocol(Made):
    """Everything the agenda needs to know about one plan's rules."""

    revision: int = 1
    pack_version: str
    pack_hash: str
    site_id: str
    hours: Shared[SiteHours]
    therapist_id: str
    room_id: str
    chain: Shared[tuple[ChainLink, ...]]
    profile: str
    condition: str | None = None
    target_regions: tuple[str, ...] = ()
    session_minutes: int = 45
    start_step: Step
    first_session_at: Instant
    taper: Shared[TaperPolicy]
    planned_weeks: int = 12
    home_days_per_week: Annotated[int, Field(ge=1, le=7)] = 7
    """On how many days a week the client is to stretch at home (ADH); the pack names none: every day, to confirm."""
    primary: Shared[Measure]
    pain_baseline: float
    stiffness_baseline: float | None = None
    """How stiff the client was at intake, 0-10 (AL-10); None where the form does not say."""
    recoded: Shared[tuple[tuple[str, float], ...]] = ()
    """Questions whose answers are kept on another scale too, each with what is added to them (`sms_recode`)."""
    techniques: Shared[tuple[str, ...]] = ()
    surgical_techniques: Shared[tuple[str, ...]] = ()
    """What the surgical team's protocol allows beyond the usual (`allowed_only_if_protocol_says`)."""
    restrictions: Shared[tuple[Restriction, ...]] = ()
    routine: tuple[CheckinRule, ...] = ()
    about_sessions: Shared[SessionChecks] = SessionChecks()
    question_gap: timedelta = timedelta(hours=24)
    before_review_days: int = 7
    max_routine_per_7_days: int = 3
    reminder_hours: tuple[int, ...] = (72, 24)
    reply_window: timedelta = timedelta(hours=48)
    remind_after: timedelta = timedelta(hours=24)
    booked_ahead: int = 2
    review_sessions: int = 6
    review_days: int = 42
    short_course_sessions: int | None = None
    screening_valid_days: int = 180
    screening_warning_days: int = 14
    screening_valid_by: dict[Disposition, int] = field(default_factory=dict)
    ask_again: Shared[tuple[AskAgain, ...]] = ()
    silent_phone_after: int = 2
    silent_hold_after: int = 3
    alert_terms: dict[Urgency, Shared[AlertTerms]]
    same_day: Shared[SameDay] = SameDay()
    approval_minutes: dict[ApprovalKind, int]
    proposal_expires_days: int = 14
    assessment_needed: bool = False
    adverse: Shared[tuple[AdverseTerms, ...]] = ()
