"""The number that answers a check-in, texted or told on the telephone: what it changes in the plan's measures."""

from __future__ import annotations

from typing import Final

from care.draft import Draft
from schemas.prompts import Answer, Prompt

_ANSWERS_KEPT = 40
_CHECKINS_KEPT = 6
_TAPER_QUESTIONS: Final = frozenset({"CHK-PAIN", "CHK-FLARE"})


def note_number(draft: Draft, question: str, value: int, prompt: Prompt | None = None) -> None:
    """Keep the answer; the check-in counts as answered, and the taper is looked at again where it depends on it.

    `prompt` is the text that it answers; None for an answer that nobody texted.
    """
    progress = draft.state.progress
    answer = Answer(question=question, at=draft.now, value=value)
    draft.heard(
        prompt,
        answers=(*progress.answers, answer)[-_ANSWERS_KEPT:],
        checkins=(*progress.checkins, True)[-_CHECKINS_KEPT:],
    )
    draft.evaluate_taper = question in _TAPER_QUESTIONS
