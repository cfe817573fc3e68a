"""The number that answers a check-in, texted or told on the telephone: what it changes in the plan's measures."""

from __future__ import annotations

from typing import Final

from care.draft import Draft
from care.pausing import suspend
from schemas.alerts import AlertReason
from schemas.events import Fact
from schemas.messages import TextPurpose
from schemas.number_alerts import NumberAlert
from schemas.prompts import Answer, Prompt
from schemas.protocol import Protocol
from schemas.screening import URGENT

_ANSWERS_KEPT = 40
_CHECKINS_KEPT = 6
_TAPER_QUESTIONS: Final = frozenset({"CHK-PAIN", "CHK-FLARE"})


def note_number(draft: Draft, question: str, value: int, prompt: Prompt | None = None) -> None:
    """Keep the answer; the check-in counts as answered, and the taper is looked at again where it depends on it.

    `prompt` is the text that it answers; None for an answer that nobody texted.
    """
    progress = draft.state.progress
    answer = Answer.of(question=question, at=draft.now, value=value)
    draft.heard(
        prompt,
        answers=(*progress.answers[1 - _ANSWERS_KEPT :], answer),
        checkins=(*progress.checkins[1 - _CHECKINS_KEPT :], True),
    )
    draft.evaluate_taper = question in _TAPER_QUESTIONS


def ask_for_a_person(draft: Draft, alert: NumberAlert, subject: str, say: str | None = None) -> None:
    """What the number raises; one that the pack calls urgent stands the plan still at once (MID-1).

    `say` is the key of the one text that answers the client, where a text is answered (F30).
    """
    draft.raise_alert(AlertReason.number_alert, alert.urgency, alert.rule, subject=subject)
    if say is not None and alert.message is not None and not draft.tells_client:
        draft.text(say, template=alert.message, purpose=TextPurpose.safety, rule=alert.rule)
    if alert.urgency in URGENT:
        suspend(draft, alert.rule, ())


def rank(alert: NumberAlert) -> int:
    """How urgent a number alert is: 0 for an emergency up to 3 for routine."""
    return alert.urgency.rank


def kept_as(protocol: Protocol, question: str, value: int) -> dict[str, Fact]:
    """What the record says beside a number that its measure keeps on another scale, such as -5 … +5 (GROC).

    Alerts and the taper read the number as it was told.
    """
    for asked, added in protocol.recoded:
        if asked == question:
            return {"recoded": value + added}
    return {}
