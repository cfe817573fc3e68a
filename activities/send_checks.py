"""May this text still go out? Asked right before the POST, as one table (F04, F07, F13, F14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from care.local_time import is_quiet
from database.outbox_facts import TextFacts
from schemas.messages import Audience, MessageStatus, TextOrder, TextPurpose
from schemas.plan import CLOSED_STAGES, SessionStatus, Stage


class WhyNot(StrEnum):
    """Why a text was not sent. Stored with the text and shown to whoever asks."""

    expired = "expired"
    visit_has_begun = "visit_has_begun"
    opted_out = "opted_out"
    no_consent = "no_consent"
    plan_closed = "plan_closed"
    plan_suspended = "plan_suspended"
    session_moved = "session_moved"
    session_gone = "session_gone"
    session_confirmed = "session_confirmed"
    quiet_hours = "quiet_hours"
    no_number = "no_number"


@dataclass(frozen=True)
class Situation:
    """A text, the plan's time, and what is true of its recipient, plan and session now."""

    order: TextOrder
    facts: TextFacts
    now: datetime


@dataclass(frozen=True)
class Check:
    """One reason not to send: whom and what it concerns, when it holds, and how the text ends then."""

    why: WhyNot
    holds: Callable[[Situation], bool]
    purposes: frozenset[TextPurpose] = frozenset(TextPurpose)
    audiences: frozenset[Audience] = frozenset(Audience)
    status: MessageStatus = MessageStatus.suppressed

    def stops(self, situation: Situation) -> bool:
        """Whether this check keeps the text back."""
        order = situation.order
        return order.purpose in self.purposes and order.audience in self.audiences and self.holds(situation)


_REMINDER: Final = frozenset({TextPurpose.reminder})
_ROUTINE: Final = frozenset({TextPurpose.reminder, TextPurpose.question})
_CAN_WAIT: Final = frozenset({TextPurpose.reminder, TextPurpose.question, TextPurpose.notice})
_CLIENT: Final = frozenset({Audience.client})
_DID_NOT_HAPPEN: Final = frozenset(
    {SessionStatus.cancelled, SessionStatus.late_cancel, SessionStatus.no_show, SessionStatus.lapsed}
)


def _begun(s: Situation) -> bool:
    return any(at <= s.now for at in s.order.starts_at)


def _gone(s: Situation) -> bool:
    """A text about a coming visit needs it booked; one about a past visit, that it may have happened."""
    if s.order.session_no is None:
        return False
    if s.facts.session is None:
        return True
    status = s.facts.session.status
    return status in _DID_NOT_HAPPEN if _begun(s) else status is not SessionStatus.booked


def _moved(s: Situation) -> bool:
    session, revision = s.facts.session, s.order.session_revision
    return session is not None and revision is not None and session.revision != revision


def _confirmed(s: Situation) -> bool:
    return s.facts.session is not None and s.facts.session.confirmed


def _closed(s: Situation) -> bool:
    """The plan has ended; only the text that says so, ordered by the ending itself, still goes."""
    if s.facts.stage not in CLOSED_STAGES:
        return False
    closed_at = s.facts.closed_at
    return s.order.purpose in _ROUTINE or closed_at is None or s.order.ordered_at < closed_at


CHECKS: Final = (
    Check(WhyNot.expired, lambda s: s.now >= s.order.expires_at, status=MessageStatus.expired),
    Check(WhyNot.visit_has_begun, _begun, purposes=_REMINDER, status=MessageStatus.expired),
    Check(WhyNot.opted_out, lambda s: not s.facts.texts_allowed, audiences=_CLIENT),
    Check(WhyNot.no_consent, lambda s: not s.facts.consented, audiences=_CLIENT),
    Check(WhyNot.plan_closed, _closed, purposes=_CAN_WAIT),
    Check(WhyNot.plan_suspended, lambda s: s.facts.stage is Stage.suspended, purposes=_ROUTINE),
    Check(WhyNot.session_moved, _moved, purposes=_CAN_WAIT),
    Check(WhyNot.session_gone, _gone, purposes=_ROUTINE),
    Check(WhyNot.session_confirmed, _confirmed, purposes=_REMINDER),
    Check(WhyNot.no_number, lambda s: s.facts.number is None),
    Check(WhyNot.quiet_hours, lambda s: is_quiet(s.facts.hours, s.now), purposes=_CAN_WAIT),
)
"""In order: the first that holds is the reason on record. Quiet hours come last: they only delay."""


def first_reason(situation: Situation) -> Check | None:
    """The first check that keeps this text back; None if it may go."""
    return next((check for check in CHECKS if check.stops(situation)), None)
