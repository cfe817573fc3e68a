"""When a new reason for concern is an alert of its own, and by when people must act on it."""

from __future__ import annotations

from datetime import UTC, datetime

from care.local_time import after_staffed, closing_today, end_of_working_day, local, next_opening
from schemas.alerts import Alert, AlertReason
from schemas.plan import PlanState, Session
from schemas.protocol import Protocol
from schemas.screening import URGENT, Urgency

_ASKED_AGAIN_MINUTES = 60
"""How often the last of the chain is asked again, in staffed minutes; nobody reads forty pages a day."""

ONE_MATTER = frozenset(
    {
        AlertReason.unread_reply,
        AlertReason.number_alert,
        AlertReason.text_undelivered,
        AlertReason.text_unknown,
    }
)
"""Looked at together: until somebody takes the first on, another of them adds nothing but length."""

REVIEWS = frozenset({AlertReason.review_due, AlertReason.taper_escalation, AlertReason.short_course})
"""Closing one of these is the therapist's review of the plan."""

CLINICAL = REVIEWS | {
    AlertReason.safety_words,
    AlertReason.number_alert,
    AlertReason.health_change,
    AlertReason.urgent_referral,
    AlertReason.screening_expires,
    AlertReason.paused_plan,
    AlertReason.assessment_missing,
    AlertReason.not_suitable,
    AlertReason.adverse_event,
    AlertReason.duty_of_candour,
    AlertReason.rules_changed,
}
"""Closed by a registered physiotherapist at any urgency (meta P1)."""

_ABOUT_HEALTH = frozenset({AlertReason.safety_words, AlertReason.number_alert, AlertReason.health_change})


def freezes(alert: Alert) -> bool:
    """Whether a session waits for this alert (MID-1, MID-2, MID-4): the client's health may have changed."""
    return alert.reason in _ABOUT_HEALTH and alert.urgency is not Urgency.E3


def to_ask_again(state: PlanState, alert: Alert) -> tuple[str, ...]:
    """The screening questions that an alert of E2 touches: asked again before it closes (MID-4).

    A plan that stands still for some of them waits for these in any case (MID-3), one that has ended for none.
    """
    if state.closed or alert.urgency in URGENT or not freezes(alert):
        return ()
    return tuple(sorted(set(alert.screening_items) - set(state.screening.repeat_items)))


def visit_to_record(state: PlanState, alert: Alert, now: datetime) -> Session | None:
    """The visit that an alert asks the outcome of, as long as nobody has said what became of it."""
    if alert.reason is not AlertReason.outcome_missing:
        return None
    visit = state.session(alert.session_no)
    return visit if visit is not None and visit.awaits_outcome(now) else None


def day_not_asked(state: PlanState) -> Alert | None:
    """The one alert about the questions of the day that nobody asked at the latest session; None if all were."""
    return next((one for one in state.alerts if one.reason is AlertReason.day_not_asked), None)


def day_to_ask(state: PlanState, alert: Alert) -> tuple[str, ...]:
    """The questions of the day that an alert waits for; a plan that has ended asks nothing more."""
    return () if state.closed else alert.not_asked


def open_alert_like(state: PlanState, new: Alert) -> Alert | None:
    """The open alert that already asks a person to look at the same matter.

    An emergency that comes again after somebody took the first one on is new: nobody knows of it yet.
    """
    return next((alert for alert in state.alerts if _same_matter(alert, new)), None)


def _same_matter(held: Alert, new: Alert) -> bool:
    if (held.reason, held.rule) != (new.reason, new.rule):
        return False
    if held.acknowledged_at is None and new.reason in ONE_MATTER:
        return True
    if held.acknowledged_at is not None and held.urgency in URGENT and new.urgency in URGENT:
        return False
    return (held.session_no, held.subject) == (new.session_no, new.subject)


def raised_to(held: Alert, new: Alert) -> Alert:
    """An open alert that turned out more urgent: whoever took it on must look again, and sooner."""
    return held.but(
        urgency=new.urgency,
        acknowledge_by=min(held.acknowledge_by, new.acknowledge_by),
        page_again_at=new.page_again_at,
        contact_by=min(held.contact_by, new.contact_by),
        acknowledged_at=None,
        acknowledged_by=None,
        screening_items=tuple(sorted({*held.screening_items, *new.screening_items})),
    )


def deadlines(protocol: Protocol, urgency: Urgency, now: datetime) -> tuple[datetime, datetime]:
    """By when an alert must be acknowledged, and its client spoken to, counted in staffed minutes.

    A working day ends when the site closes, however short it is; what is told while nobody is there may have an
    earlier time after the next opening (`enums.urgency`).
    """
    terms, hours = protocol.alert_terms[urgency], protocol.hours
    acknowledge_by = after_staffed(hours, now, terms.acknowledge_minutes)
    contact_by = acknowledge_by
    if terms.contact_minutes != terms.acknowledge_minutes:
        contact_by = after_staffed(hours, now, terms.contact_minutes)
    if terms.closed_minutes is not None and next_opening(hours, now) > now:
        contact_by = min(contact_by, after_staffed(hours, now, terms.closed_minutes))
    if terms.contact_days is not None:
        contact_by = min(contact_by, end_of_working_day(hours, now, terms.contact_days) or contact_by)
    return acknowledge_by, max(acknowledge_by, contact_by)


def page_again(
    protocol: Protocol, urgency: Urgency, now: datetime, acknowledge_by: datetime
) -> datetime | None:
    """When what pages goes to the next of the chain though the site is closed; None where its deadline comes first.

    By the wall clock, so that no calendar day passes in silence while the clocks change (REQ-13).
    """
    after = protocol.alert_terms[urgency].page_again_after
    if after is None:
        return None
    at = (local(protocol.hours.zone, now) + after).astimezone(UTC)
    return at if at < acknowledge_by else None


def same_day_or_next(protocol: Protocol, rule: str, now: datetime) -> datetime | None:
    """What is rung about on the day it is told: severe pain (`enums.urgency.E2`), and despair (KW-UPSET).

    Told in the afternoon it waits no longer than what is soon (E2).
    """
    terms, hours = protocol.same_day, protocol.hours
    if rule not in terms.rules:
        return None
    today = closing_today(hours, now) if local(hours.zone, now).time() < terms.told_before else None
    return today or deadlines(protocol, Urgency.E2, now)[1]


def escalated(protocol: Protocol, alert: Alert, now: datetime) -> Alert:
    """Nobody acted in time: the next of the chain, with a deadline of their own; the last one keeps being asked.

    A contact deadline still ahead stays where it is, however often the alert moves on (AL-13).
    """
    last = len(protocol.chain) - 1
    acknowledge_by, contact_by = deadlines(protocol, alert.urgency, now)
    if alert.chain_position == last:
        acknowledge_by = max(acknowledge_by, after_staffed(protocol.hours, now, _ASKED_AGAIN_MINUTES))
    return alert.but(
        chain_position=min(alert.chain_position + 1, last),
        escalations=alert.escalations + 1,
        acknowledged_at=None,
        acknowledged_by=None,
        acknowledge_by=acknowledge_by,
        page_again_at=page_again(protocol, alert.urgency, now, acknowledge_by),
        contact_by=max(contact_by, acknowledge_by) if alert.contact_by <= now else alert.contact_by,
    )
