"""May this text still go out? Asked right before the POST, as one table (F04, F07, F13, F14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from care.local_time import is_quiet
from schemas.messages import Audience, MessageStatus, TextOrder, TextPurpose
from schemas.plan import CLOSED_STAGES, SessionStatus, Stage
from schemas.protocol import SiteHours


class WhyNot(StrEnum):
    """Why a text was not sent. Stored with the text and shown to whoever asks."""

    expired = "expired"
    visit_has_begun = "visit_has_begun"
    plan_closed = "plan_closed"
    plan_suspended = "plan_suspended"
    opted_out = "opted_out"
    no_consent = "no_consent"
    session_gone = "session_gone"
    session_moved = "session_moved"
    session_confirmed = "session_confirmed"
    quiet_hours = "quiet_hours"
    no_number = "no_number"


@dataclass(frozen=True)
class SessionNow:
    """The session a text is about, as the calendar has it now."""

    status: SessionStatus
    revision: int
    confirmed: bool


@dataclass(frozen=True)
class Situation:
    """Everything the checks look at. `now` is the plan's time; `session` None: no such session any more."""

    order: TextOrder
    now: datetime
    stage: Stage
    closed_at: datetime | None
    texts_allowed: bool
    consented: bool
    number: str | None
    hours: SiteHours
    session: SessionNow | None


@dataclass(frozen=True)
class Check:
    """One reason not to send: whom and what it concerns, and when it holds."""

    why: WhyNot
    holds: Callable[[Situation], bool]
    purposes: frozenset[TextPurpose] = frozenset(TextPurpose)
    audiences: frozenset[Audience] = frozenset(Audience)
    status: MessageStatus = MessageStatus.suppressed

    def stops(self, situation: Situation) -> bool:
        """Whether this check keeps the text back."""
        order = situation.order
        return order.purpose in self.purposes and order.audience in self.audiences and self.holds(situation)


_ROUTINE: Final = frozenset({TextPurpose.reminder, TextPurpose.question})
_MAY_WAIT: Final = frozenset({TextPurpose.reminder, TextPurpose.question, TextPurpose.notice})
_CLIENT: Final = frozenset({Audience.client})
_DID_NOT_HAPPEN: Final = frozenset(
    {SessionStatus.cancelled, SessionStatus.late_cancel, SessionStatus.no_show, SessionStatus.lapsed}
)


def _about_a_visit_ahead(s: Situation) -> bool:
    return s.order.session_no is not None and all(at > s.now for at in s.order.starts_at)


def _visit_not_ahead(s: Situation) -> bool:
    """A text about a coming visit needs it booked; one about a past visit needs that it may have happened."""
    if s.order.session_no is None:
        return False
    if s.session is None:
        return True
    if _about_a_visit_ahead(s):
        return s.session.status is not SessionStatus.booked
    return s.session.status in _DID_NOT_HAPPEN


def _moved(s: Situation) -> bool:
    if s.session is None or s.order.session_revision is None:
        return False
    return s.session.revision != s.order.session_revision


def _closed_before(s: Situation) -> bool:
    """The plan had ended when the text was ordered, or the text is not the word of farewell itself."""
    if s.stage not in CLOSED_STAGES:
        return False
    if s.order.purpose in _ROUTINE:
        return True
    return s.closed_at is None or s.order.ordered_at < s.closed_at


CHECKS: Final = (
    Check(WhyNot.expired, lambda s: s.now >= s.order.expires_at, status=MessageStatus.expired),
    Check(
        WhyNot.visit_has_begun,
        lambda s: bool(s.order.starts_at) and min(s.order.starts_at) <= s.now,
        purposes=frozenset({TextPurpose.reminder}),
        status=MessageStatus.expired,
    ),
    Check(WhyNot.opted_out, lambda s: not s.texts_allowed, audiences=_CLIENT),
    Check(WhyNot.no_consent, lambda s: not s.consented, audiences=_CLIENT),
    Check(WhyNot.plan_closed, _closed_before, purposes=_MAY_WAIT),
    Check(WhyNot.plan_suspended, lambda s: s.stage is Stage.suspended, purposes=_ROUTINE),
    Check(WhyNot.session_moved, _moved, purposes=_MAY_WAIT),
    Check(WhyNot.session_gone, _visit_not_ahead, purposes=_ROUTINE),
    Check(
        WhyNot.session_confirmed,
        lambda s: s.session is not None and s.session.confirmed,
        purposes=frozenset({TextPurpose.reminder}),
    ),
    Check(WhyNot.quiet_hours, lambda s: is_quiet(s.hours, s.now), purposes=_MAY_WAIT),
    Check(WhyNot.no_number, lambda s: s.number is None),
)
"""In order: the first that holds is the reason on record."""


def first_reason(situation: Situation) -> Check | None:
    """The first check that keeps this text back; None if it may go."""
    return next((check for check in CHECKS if check.stops(situation)), None)
