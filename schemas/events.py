"""Domain events: the append-only story of a plan, hash-chained in the database."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum
from typing import Annotated

from pydantic import PlainSerializer

from schemas.base import Instant
from schemas.made import Made, made
from schemas.taper import TaperInputs


class EventKind(StrEnum):
    """What happened."""

    intake_received = "intake.received"
    screening_evaluated = "screening.evaluated"
    rescreened = "screening.repeated"
    stage_changed = "plan.stage_changed"
    approval_opened = "approval.opened"
    approval_reminded = "approval.reminded"
    approval_escalated = "approval.escalated"
    approval_decided = "approval.decided"
    approval_lapsed = "approval.lapsed"
    hold_discharged = "hold.discharged"
    hold_expired = "hold.expired"
    judged_again = "screening.judged_again"
    overridden = "screening.overridden"
    session_placed = "session.placed"
    session_unplaced = "session.unplaced"
    session_moved = "session.moved"
    session_confirmed = "session.confirmed"
    session_held = "session.held"
    session_restored = "session.restored"
    session_cancelled = "session.cancelled"
    session_lapsed = "session.lapsed"
    outcome_recorded = "session.outcome_recorded"
    taper_evaluated = "taper.evaluated"
    step_changed = "taper.step_changed"
    reply_read = "reply.read"
    answer_recorded = "checkin.answered"
    checkin_unanswered = "checkin.unanswered"
    alert_raised = "alert.raised"
    alert_acknowledged = "alert.acknowledged"
    alert_escalated = "alert.escalated"
    alert_closed = "alert.closed"
    paused = "plan.paused"
    resumed = "plan.resumed"
    amended = "plan.amended"
    regions_changed = "plan.regions_changed"
    goal_changed = "plan.goal_changed"
    reviewed = "plan.reviewed"
    assessed = "assessment.recorded"
    day_checked = "session.day_checked"
    day_not_asked = "session.day_not_asked"
    day_asked_later = "session.day_asked_later"
    adverse_reported = "adverse_event.reported"
    adverse_followed_up = "adverse_event.followed_up"
    adverse_closed = "adverse_event.closed"
    opted_out = "texts.opted_out"
    opted_in = "texts.opted_in"
    texts_agreed = "texts.agreed"
    texts_not_agreed = "texts.not_agreed"
    text_ordered = "text.ordered"
    text_withdrawn = "text.withdrawn"
    text_skipped = "text.skipped"
    text_sent = "text.sent"
    text_not_sent = "text.not_sent"
    text_delivery = "text.delivery"
    client_revealed = "client.revealed"
    record_exported = "record.exported"


Inputs = Annotated[TaperInputs, PlainSerializer(TaperInputs.as_json, return_type=str)]
"""What the taper policy looked at: a text of JSON wherever the event is kept, and from then on."""

Fact = str | int | float | bool | None | tuple[str, ...] | Inputs


@made
class PlanEvent(Made):
    """One event. `facts` hold codes, ids and numbers; free text is referred to by id."""

    kind: EventKind
    at: Instant
    rule: str | None = None
    actor: str = "system"
    facts: dict[str, Fact] = field(default_factory=dict)
