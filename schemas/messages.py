"""Texts as the plan orders them and as the outbox keeps them."""

from __future__ import annotations

from enum import StrEnum
from typing import Final

from schemas.base import Instant
from schemas.made import Made, made
from schemas.prompts import Asking


class Audience(StrEnum):
    """Who a text is for."""

    client = "client"
    staff = "staff"


class TextPurpose(StrEnum):
    """What a text is for; decides which checks it must pass before the POST.

    `closing` is the one text that tells a client the plan has ended: it passes although the plan is closed.
    """

    reminder = "reminder"
    question = "question"
    notice = "notice"
    closing = "closing"
    safety = "safety"
    page = "page"


CAN_WAIT: Final = frozenset({TextPurpose.reminder, TextPurpose.question, TextPurpose.notice})
"""Texts that stay till the morning when their turn comes in the quiet hours (`sms_checkins.quiet_hours`)."""


class ChannelName(StrEnum):
    """By which way a text goes."""

    sms = "sms"
    email = "email"


@made
class CheckResult(Made):
    """One question asked about a text before it went: whether nothing stood against it."""

    check: str
    passed: bool


@made
class TextOrder(Made):
    """A text the plan wants sent once. `key` is the intent key, unique in the database.

    `template` names a template or a text of the rule pack (CHK-…, MSG-…); its fields are filled in when it is
    rendered, from the database: no personal data travels in an order. `due_at` is when the agenda wanted it: one
    that is ordered much later catches up after an outage. None: it answers something that has just happened.
    `by` is the member of staff whose word ordered it: that person may take it back while it waits.
    """

    key: str
    plan_id: str
    audience: Audience = Audience.client
    recipient_id: str
    purpose: TextPurpose
    template: str
    rule: str
    ordered_at: Instant
    expires_at: Instant
    due_at: Instant | None = None
    agenda_key: str | None = None
    session_no: int | None = None
    session_revision: int | None = None
    starts_at: tuple[Instant, ...] = ()
    therapist_id: str | None = None
    prompt: bool = False
    asking: Asking | None = None
    by: str | None = None

    @property
    def alert_id(self) -> str | None:
        """The alert that a page to staff is about; None for any other text."""
        if self.purpose is not TextPurpose.page:
            return None
        return self.key.removeprefix(f"{self.plan_id}:").partition(":page:")[0]

    @property
    def by_the_calendar(self) -> bool:
        """A question that belongs to no visit (SCH-3 … SCH-7), or its repeat: what a budget may hold back."""
        question = self.purpose is TextPurpose.question
        return question and self.session_no is None and self.agenda_key is not None


class MessageStatus(StrEnum):
    """The outbox's states (drawn in docs/promises.md)."""

    pending = "pending"
    sending = "sending"
    sent = "sent"
    delivered = "delivered"
    undelivered = "undelivered"
    failed = "failed"
    unknown = "unknown"
    suppressed = "suppressed"
    expired = "expired"


@made
class SendOutcome(Made):
    """What became of a text, as the workflow needs to know it."""

    status: MessageStatus
    reason: str | None = None
