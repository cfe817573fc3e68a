"""What a text is called, and why it was sent, or not, in words."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from database.outbox import OutboxText
from messaging.error_classes import MEANINGS, classify
from schemas.messages import MessageStatus as S
from schemas.messages import TextPurpose as P

NAMES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "form_link": "the link to the form",
        "intake_received": "thanks for the form",
        "intake_deferred": "thanks for the form, and that we ring",
        "waiting_for_letter": "a letter is needed first",
        "visits_booked": "the visits that are booked",
        "visits_changed": "the visits as they are now",
        "session_reminder_72h": "reminder, three days before",
        "session_reminder_24h": "reminder, the day before",
        "session_moved": "the visit has moved",
        "session_cancelled": "the clinic cancels the visit",
        "session_held": "the visit is on hold",
        "session_missed": "the visit was missed",
        "change_requested": "we ring about another time",
        "cancelled_by_reply": "the visit is cancelled, as asked",
        "which_visit_or_question": "was the answer about the visit or the question",
        "which_question": "which question was answered",
        "which_visit": "which visit was meant",
        "check_in_reminder": "the question once more",
        "plan_paused": "the visits are paused",
        "plan_resumed": "the visits start again",
        "plan_declined": "we would like to talk first",
        "discharged": "the plan is complete",
        "withdrawn": "the plan has ended, as asked",
        "staff_page": "a call to staff",
        "CHK-PAIN": "pain in the last 24 hours",
        "CHK-STIFF": "stiffness today",
        "CHK-SORE": "soreness after the visit",
        "CHK-GOAL": "the goal activity",
        "CHK-FLARE": "flare-ups in the last 7 days",
        "CHK-HOME": "home stretches in the last 7 days",
        "CHK-BETTER": "how it is compared with the start",
        "CHK-CHANGE": "anything new before the visit",
        "MSG-999": "advice to call 999",
        "MSG-GENERIC-EMERGENCY": "advice to call the emergency number",
        "MSG-CES": "advice on numbness, to act at once",
        "MSG-DVT": "advice on a swollen leg, to act today",
        "MSG-111": "advice to call 111 or the GP",
        "MSG-MH": "whom to talk to in a crisis",
        "MSG-CALLBACK": "a physiotherapist will ring",
        "MSG-OOH": "nobody reads texts right now",
        "MSG-REASK": "the answer could not be read",
    }
)
"""What each text is about: the product's own, and the questions and messages of the rule pack that comes with it."""


def name_of(code: str) -> str:
    """What a text is about; a text of a rule pack that is not known here goes by its code."""
    return NAMES.get(code, code.replace("_", " "))


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
        "texts_not_agreed": "The client is under 16, and no consent record says that texts are as agreed (SCR-24).",
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
        "texts_not_agreed": "For a client under 16, texts are as agreed",
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
    about = name_of(order.template)
    named = f"A check-in question: {about}" if order.purpose is P.question else about[:1].upper() + about[1:]
    ordered = f"{named}, by rule {order.rule}."
    return " ".join([ordered, STATES[text.status], *_because(text)])


def _because(text: OutboxText) -> list[str]:
    known = REASONS.get(text.reason or "") or ENDS.get(text.reason or "")
    if known:
        return [known]
    if text.error_code and text.status in (S.failed, S.undelivered):
        code = int(text.error_code) if text.error_code.isdecimal() else None
        return [MEANINGS[classify(code)].sentence]
    return []
