"""Why a text was sent, or not, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from database.outbox import OutboxText
from messaging.error_classes import MEANINGS, classify
from schemas.messages import MessageStatus as S
from schemas.messages import TextPurpose as P

PURPOSES: Final[Mapping[P, str]] = MappingProxyType(
    {
        P.reminder: "A reminder of a visit",
        P.question: "A check-in question",
        P.notice: "News about the plan",
        P.closing: "The plan has ended",
        P.safety: "Safety advice",
        P.page: "A call to staff",
    }
)

STATES: Final[Mapping[S, str]] = MappingProxyType(
    {
        S.pending: "Waits to be sent.",
        S.sending: "Is being sent.",
        S.sent: "Sent; the network has not said yet whether it arrived.",
        S.delivered: "Delivered.",
        S.undelivered: "The network could not deliver it.",
        S.failed: "The provider refused it.",
        S.unknown: "Nobody knows whether it went out; a person looks. It is not sent again.",
        S.suppressed: "Kept back on purpose.",
        S.expired: "Not sent: it was no longer of use.",
    }
)

REASONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "expired": "Its time of use had passed.",
        "visit_has_begun": "The visit had begun.",
        "opted_out": "The client opted out of texts.",
        "no_consent": "The client did not agree to texts.",
        "plan_closed": "The plan had ended.",
        "plan_suspended": "The plan was on hold.",
        "session_moved": "The visit had moved to another time.",
        "session_gone": "The visit was no longer booked.",
        "session_confirmed": "The client had confirmed already.",
        "quiet_hours": "It would have arrived in the quiet hours and been of no use after them.",
        "no_number": "There is no mobile number.",
        "merged": "The service had been away; another late text went out already, and one was enough.",
        "contact_budget": "The client had been asked as often in seven days as their plans together may.",
    }
)

ENDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "withdrawn": "It was taken back: what it was about had changed, or the plan stood still or had ended.",
        "undone": "The member of staff who caused it took it back.",
        "never_found": "Its answer was lost and the provider's list does not show it.",
        "cannot_be_worded": "No words could be found for it; engineers see why.",
    }
)
"""How a text may end otherwise than by a check."""

ASKED: Final[Mapping[str, str]] = MappingProxyType(
    {
        "expired": "It is still of use",
        "visit_has_begun": "The visit has not begun",
        "opted_out": "The client has not opted out of texts",
        "no_consent": "The client agreed to texts",
        "plan_closed": "The plan has not ended",
        "plan_suspended": "The plan is not on hold",
        "session_moved": "The visit has not moved",
        "session_gone": "The visit stands",
        "session_confirmed": "The client has not confirmed yet",
        "no_number": "There is a mobile number",
        "merged": "No other late text has just gone out",
        "contact_budget": "The client's budget of questions in seven days has room",
        "quiet_hours": "It is not the quiet time of night",
    }
)
"""What each check asks, as it reads when nothing stands against the text."""


def why(text: OutboxText) -> str:
    """For what and by which rule it was ordered, what became of it, and why."""
    order = text.order
    ordered = f"{PURPOSES[order.purpose]}, by rule {order.rule}."
    return " ".join([ordered, STATES[text.status], *_because(text)])


def _because(text: OutboxText) -> list[str]:
    known = REASONS.get(text.reason or "") or ENDS.get(text.reason or "")
    if known:
        return [known]
    if text.error_code and text.status in (S.failed, S.undelivered):
        code = int(text.error_code) if text.error_code.isdecimal() else None
        return [MEANINGS[classify(code)].sentence]
    return []
