"""When a new reason for concern is an alert of its own, and by when people must act on it."""

from __future__ import annotations

from datetime import datetime

from care.local_time import after_staffed
from schemas.alerts import Alert, AlertReason
from schemas.plan import PlanState
from schemas.protocol import Protocol
from schemas.screening import Urgency

_ASKED_AGAIN_MINUTES = 60
"""How often the last of the chain is asked again, in staffed minutes; nobody reads forty pages a day."""

URGENT = frozenset({Urgency.E0, Urgency.E1})

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
        contact_by=min(held.contact_by, new.contact_by),
        acknowledged_at=None,
        acknowledged_by=None,
        screening_items=tuple(sorted({*held.screening_items, *new.screening_items})),
    )


def deadlines(protocol: Protocol, urgency: Urgency, now: datetime) -> tuple[datetime, datetime]:
    """By when an alert must be acknowledged, and its client spoken to, counted in staffed minutes."""
    terms, hours = protocol.alert_terms[urgency], protocol.hours
    acknowledge_by = after_staffed(hours, now, terms.acknowledge_minutes)
    if terms.contact_minutes == terms.acknowledge_minutes:
        return acknowledge_by, acknowledge_by
    return acknowledge_by, after_staffed(hours, now, terms.contact_minutes)


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
        contact_by=max(contact_by, acknowledge_by) if alert.contact_by <= now else alert.contact_by,
    )
