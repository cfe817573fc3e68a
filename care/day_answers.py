"""The answers to the questions of the day, as a rule pack reads them: what matters, what to repeat, what is open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from care.day_questions import GO_AHEAD, SEVERE_TODAY
from schemas.rules import RulePack
from schemas.rules_form import DayCheck


@dataclass(frozen=True)
class DayAnswers:
    """`asked` and `not_asked` together are the pack's questions, in its order; `matters` are answers to act on.

    `repeat_items` are the screening questions that these ask to repeat. `declined`: the client would not go ahead.
    """

    asked: tuple[str, ...]
    not_asked: tuple[str, ...]
    matters: tuple[str, ...]
    repeat_items: tuple[str, ...]
    declined: bool


def read_day(pack: RulePack, said: Mapping[str, bool | None], pain: float | None) -> DayAnswers:
    """What a client answered, by the question's id; what is missing or None was not asked. Pain answers DAY-04."""
    questions = pack.screening.session_day_check
    asked = tuple(one.id for one in questions if (pain if is_pain(one) else said.get(one.id)) is not None)
    changes = [one for one in questions if one.any_yes and said.get(one.id)]
    matters = sorted(one.id for one in changes)
    limits = [one.severe_from for one in questions if is_pain(one)]
    if pain is not None and any(limit is not None and pain >= limit for limit in limits):
        matters.append(SEVERE_TODAY)
    return DayAnswers(
        asked=asked,
        not_asked=tuple(one.id for one in questions if one.id not in asked),
        matters=tuple(matters),
        repeat_items=tuple(sorted({item for one in changes for item in one.repeats})),
        declined=said.get(GO_AHEAD) is False,
    )


def is_pain(question: DayCheck) -> bool:
    """Whether a question is answered with the pain now, and not with yes or no."""
    return question.id == SEVERE_TODAY
