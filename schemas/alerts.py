"""What needs a person: an alert with its reason, its deadlines, and who it has come to."""

from __future__ import annotations

from enum import StrEnum

from schemas.base import Instant
from schemas.made import Made, made
from schemas.screening import Urgency


class AlertReason(StrEnum):
    """Why a person is needed."""

    safety_words = "safety_words"
    number_alert = "number_alert"
    unread_reply = "unread_reply"
    health_change = "health_change"
    change_requested = "change_requested"
    silent_client = "silent_client"
    outcome_missing = "outcome_missing"
    slot_needed = "slot_needed"
    text_undelivered = "text_undelivered"
    text_unknown = "text_unknown"
    opted_out = "opted_out"
    urgent_referral = "urgent_referral"
    review_due = "review_due"
    taper_escalation = "taper_escalation"
    screening_expires = "screening_expires"
    short_course = "short_course"
    paused_plan = "paused_plan"
    assessment_missing = "assessment_missing"
    not_suitable = "not_suitable"
    adverse_event = "adverse_event"
    adverse_follow_up = "adverse_follow_up"
    duty_of_candour = "duty_of_candour"
    software_contributed = "software_contributed"
    rules_changed = "rules_changed"
    day_not_asked = "day_not_asked"


@made
class Alert(Made):
    """Something a person must deal with. It has an owner and a deadline until a person closes it.

    `chain_position` indexes the protocol's escalation chain; it grows at each missed deadline. `page_again_at` comes
    before the deadline where the site is closed for so long that an emergency would lie unseen until then.
    `not_asked` are the questions of the day that nobody asked at its session.
    """

    id: str
    urgency: Urgency
    reason: AlertReason
    rule: str
    opened_at: Instant
    chain_position: int = 0
    acknowledge_by: Instant
    contact_by: Instant
    page_again_at: Instant | None = None
    acknowledged_at: Instant | None = None
    acknowledged_by: str | None = None
    escalations: int = 0
    session_no: int | None = None
    subject: str | None = None
    screening_items: tuple[str, ...] = ()
    not_asked: tuple[str, ...] = ()
