"""The questions of the day as fields of a form: no, yes, or not asked, and none of them chosen beforehand."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final

from api.console.forms import Sent
from api.problems import FieldProblem, invalid
from care.day_answers import is_pain
from care.day_questions import GO_AHEAD, SEVERE_TODAY
from schemas.rules_form import DayCheck

_NOT_ASKED: Final = "not_asked"
_SAID: Final[Mapping[str, bool | None]] = MappingProxyType({"no": False, "yes": True, _NOT_ASKED: None})


def asked_first(questions: Sequence[DayCheck]) -> dict[str, Any]:
    """What a page needs to ask these questions: the pain now has a field of its own."""
    return {"day_questions": questions, "pain_question": SEVERE_TODAY, "go_ahead": GO_AHEAD}


def day_said(form: Sent, questions: Sequence[DayCheck]) -> dict[str, bool | None]:
    """What was chosen, by the question's id; None for what was not asked, or left without a word."""
    return {one.id: _SAID.get(_word(form, one)) for one in questions if not is_pain(one)}


def nothing_left_out(form: Sent, questions: Sequence[DayCheck]) -> None:
    """Problem 422 that names every question which the form leaves without a word: silence is never a no."""
    problems = [problem for one in questions if (problem := _problem(form, one)) is not None]
    if problems:
        raise invalid(problems)


def _problem(form: Sent, question: DayCheck) -> FieldProblem | None:
    word = _word(form, question)
    if not is_pain(question):
        wrong = word not in _SAID
        return FieldProblem(question.id, f"{question.q} Choose no, yes or not asked.") if wrong else None
    if bool(form.word("pain")) is not (word == _NOT_ASKED):
        return None
    return FieldProblem(
        "pain", f"{question.q} Give the number, or say that it was not asked; one of the two."
    )


def _word(form: Sent, question: DayCheck) -> str:
    return form.word(f"day-{question.id}")
