"""May this text still go out? Asked right before the POST, as one table (F02, F04, F07, F13, F14)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final

from care.contact_budget import BUDGET_WINDOW
from care.local_time import instant, is_quiet, local_day, out_of_quiet
from database.outbox_facts import TextFacts
from database.person_texts import LATE_AFTER, PersonTexts
from schemas.messages import (
    CAN_WAIT,
    Audience,
    ChannelName,
    CheckResult,
    MessageStatus,
    TextOrder,
    TextPurpose,
)
from schemas.plan import CLOSED_STAGES, SessionStatus, Stage


class WhyNot(StrEnum):
    """Why a text was not sent. Stored with the text and shown to whoever asks."""

    expired = "expired"
    visit_has_begun = "visit_has_begun"
    opted_out = "opted_out"
    no_consent = "no_consent"
    texts_not_agreed = "texts_not_agreed"
    plan_closed = "plan_closed"
    plan_suspended = "plan_suspended"
    session_moved = "session_moved"
    session_gone = "session_gone"
    session_confirmed = "session_confirmed"
    quiet_hours = "quiet_hours"
    no_number = "no_number"
    merged = "merged"
    contact_budget = "contact_budget"


@dataclass(frozen=True)
class Situation:
    """A text, the plan's time, and what is true of its recipient, plan and session now."""

    order: TextOrder
    facts: TextFacts
    now: datetime
    channel: ChannelName = ChannelName.sms


@dataclass(frozen=True)
class Check:
    """One reason not to send: whom and what it concerns, when it holds, and how the text ends then.

    `until` is when the reason goes by itself: a text that is still of use then waits.
    """

    why: WhyNot
    holds: Callable[[Situation], bool]
    until: Callable[[Situation], datetime] | None = None
    purposes: frozenset[TextPurpose] = frozenset(TextPurpose)
    audiences: frozenset[Audience] = frozenset(Audience)
    channels: frozenset[ChannelName] = frozenset(ChannelName)
    status: MessageStatus = MessageStatus.suppressed

    def stops(self, situation: Situation) -> bool:
        """Whether this check keeps the text back."""
        return self.is_asked(situation) and self.holds(situation)

    def is_asked(self, situation: Situation) -> bool:
        """Whether the check concerns this text on this channel."""
        order = situation.order
        asked = order.purpose in self.purposes and order.audience in self.audiences
        return asked and situation.channel in self.channels


_QUESTION: Final = frozenset({TextPurpose.question})
_REMINDER: Final = frozenset({TextPurpose.reminder})
_ROUTINE: Final = frozenset({TextPurpose.reminder, TextPurpose.question})
_SMS: Final = frozenset({ChannelName.sms})
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


_CATCHING_UP: Final = timedelta(hours=12)


def is_late(order: TextOrder, now: datetime) -> bool:
    """Whether the agenda wanted it well before: it catches up after an outage."""
    return order.due_at is not None and now - order.due_at > LATE_AFTER


def _merged(s: Situation) -> bool:
    """After an outage one late text is enough: a late calendar question yields to any other (F02)."""
    recent = any(at > s.now - _CATCHING_UP for at in s.facts.person.late_at)
    return s.order.by_the_calendar and is_late(s.order, s.now) and recent


def _counted(s: Situation) -> tuple[datetime, ...]:
    """The questions of the last 7 days, today among them, newest first: days of the site, as the plan counts them."""
    hours = s.facts.hours
    too_long_ago = local_day(hours, s.now) - BUDGET_WINDOW
    return tuple(at for at in s.facts.person.questions_at if local_day(hours, at) > too_long_ago)


def _over_budget(s: Situation) -> bool:
    repeat = not s.order.rule.startswith("SCH-")
    return s.order.by_the_calendar and not repeat and len(_counted(s)) >= s.facts.most_questions


def _budget_frees(s: Situation) -> datetime:
    hours, oldest = s.facts.hours, _counted(s)[s.facts.most_questions - 1]
    return instant(hours.zone, local_day(hours, oldest) + BUDGET_WINDOW, time.min)


CHECKS: Final = (
    Check(WhyNot.expired, lambda s: s.now >= s.order.expires_at, status=MessageStatus.expired),
    Check(WhyNot.visit_has_begun, _begun, purposes=_REMINDER, status=MessageStatus.expired),
    Check(WhyNot.opted_out, lambda s: not s.facts.texts_allowed, audiences=_CLIENT, channels=_SMS),
    Check(WhyNot.no_consent, lambda s: not s.facts.consented, audiences=_CLIENT, channels=_SMS),
    Check(
        WhyNot.texts_not_agreed,
        lambda s: not s.facts.texts_agreed,
        purposes=frozenset(TextPurpose) - {TextPurpose.safety},
        audiences=_CLIENT,
    ),
    Check(WhyNot.plan_closed, _closed, purposes=CAN_WAIT),
    Check(WhyNot.plan_suspended, lambda s: s.facts.stage is Stage.suspended, purposes=_ROUTINE),
    Check(WhyNot.session_moved, _moved, purposes=CAN_WAIT),
    Check(WhyNot.session_gone, _gone, purposes=_ROUTINE),
    Check(WhyNot.session_confirmed, _confirmed, purposes=_REMINDER),
    Check(WhyNot.no_number, lambda s: s.facts.number is None, channels=_SMS),
    Check(WhyNot.merged, _merged, purposes=_QUESTION, audiences=_CLIENT),
    Check(WhyNot.contact_budget, _over_budget, _budget_frees, purposes=_QUESTION, audiences=_CLIENT),
    Check(
        WhyNot.quiet_hours,
        lambda s: is_quiet(s.facts.hours, s.now),
        lambda s: out_of_quiet(s.facts.hours, s.now),
        purposes=CAN_WAIT,
        channels=_SMS,
    ),
)
"""In order: the first that holds is the reason on record. What only delays comes last."""


def first_reason(situation: Situation) -> Check | None:
    """The first check that keeps this text back; None if it may go."""
    return next((check for check in CHECKS if check.stops(situation)), None)


def examined(situation: Situation) -> tuple[CheckResult, ...]:
    """Every question asked about this text and whether nothing stood against it, for whoever asks why later."""
    return tuple(
        CheckResult(check=check.why, passed=not check.holds(situation))
        for check in CHECKS
        if check.is_asked(situation)
    )


def fits_person(situation: Situation) -> Callable[[PersonTexts], bool] | None:
    """For a text with a share in its person's budget: whether it still has one, asked again as it is claimed."""
    if not situation.order.by_the_calendar:
        return None

    def fits(person: PersonTexts) -> bool:
        now = replace(situation, facts=replace(situation.facts, person=person))
        return not (_merged(now) or _over_budget(now))

    return fits
