"""Reading a screening item with its sub-questions. Whether a value is possible, the engine's own reader says."""

from __future__ import annotations

from datetime import date
from typing import Any, Final

from api.form.given import Given
from care.client_form import AGE, Question, applies
from care.form_answers import SIDE, VALUE, is_blank, validate_answers
from care.intake_form import FormItem, SubQuestion
from schemas.rules import RulePack
from schemas.rules_form import AnswerType, ScreeningItem

LONGEST_WORDS: Final = 10_000

_WRONG: Final = {
    AnswerType.choice: "Choose one of the answers.",
    AnswerType.multi: "Choose from the answers.",
    AnswerType.region: "Choose from the places.",
    AnswerType.date: "Write a day that has been, in numbers, such as 27 3 2026. A guess is fine.",
    AnswerType.int: "Write a whole number, such as 12.",
    AnswerType.int_0_10: "Choose a number from 0 to 10.",
    AnswerType.text: "This is too long for us to keep. Please shorten it.",
}
_WRONG_YEAR: Final = (
    f"{_WRONG[AnswerType.date]} Check the year: if it was longer ago than the question says, answer no above."
)
_BLANK: Final = {
    AnswerType.choice: "Choose an answer. If you are not sure, say so.",
    AnswerType.multi: "Choose what fits, or say that nothing does.",
    AnswerType.int_0_10: "Choose a number from 0 to 10.",
}
_LISTS: Final = frozenset({AnswerType.multi, AnswerType.region})
_NUMBERS: Final = frozenset({AnswerType.int, AnswerType.int_0_10})


def read_item(
    question: Question, given: Given, pack: RulePack, today: date
) -> tuple[dict[str, Any], dict[str, str], bool]:
    """The answer, a sentence for each wrong field, and whether the client may go on all the same.

    Sub-questions that do not apply are dropped. A sub-answer may be left out by saying so: the form is then
    incomplete there, and a person asks (ALG-8b). Two answers that contradict each other are kept: a person asks.
    """
    item = question.item
    if item is None:
        raise TypeError(f"{question.name} asks no screening item")
    answer: dict[str, Any] = {}
    if question.name != AGE:
        answer[VALUE] = _value(given, VALUE, item.type)
    for sub in asked_below(question, answer.get(VALUE)):
        answer[sub.field] = _value(given, sub.field, sub.type)
        if sub.type is AnswerType.region and given.one(SIDE):
            answer[SIDE] = given.one(SIDE)
    answer = {name: value for name, value in answer.items() if not is_blank(value)}
    wrong = _wrong(item, answer, pack, today)
    blank = _blank(question, item, answer)
    kept = {name: value for name, value in answer.items() if name not in wrong}
    return kept, {**blank, **wrong}, bool(blank) and not wrong and VALUE not in blank


def asked_below(question: Question, value: Any) -> list[SubQuestion]:
    """The sub-questions that apply after this answer."""
    subs = question.item.sub_questions if question.item else ()
    if question.name == AGE:
        return list(subs)
    return [sub for sub in subs if applies(sub, question, value)]


def _value(given: Given, name: str, kind: AnswerType) -> Any:
    if kind in _LISTS:
        return given.all(name)
    if kind is AnswerType.date:
        return given.day(name)
    typed = given.one(name)
    return int(typed) if kind in _NUMBERS and typed.isdecimal() and len(typed) <= 9 else typed


def _types(item: FormItem) -> dict[str, AnswerType]:
    return {VALUE: item.type, **{sub.field: sub.type for sub in item.sub_questions}}


def _wrong(item: FormItem, answer: dict[str, Any], pack: RulePack, today: date) -> dict[str, str]:
    types = _types(item)
    named = [error.path.rpartition(".")[2] for error in validate_answers(pack, {item.id: answer}, today)]
    long = [name for name, value in answer.items() if isinstance(value, str) and len(value) > LONGEST_WORDS]
    asked = pack.items[item.id]
    return {name: _sentence(asked, name, types.get(name, AnswerType.choice)) for name in named + long}


def _sentence(asked: ScreeningItem, name: str, kind: AnswerType) -> str:
    between = asked.between.get(name)
    if between is not None:
        return f"Write a whole number from {between[0]} to {between[1]}."
    return _WRONG_YEAR if name in asked.within_days else _WRONG.get(kind, _WRONG[AnswerType.choice])


def _blank(question: Question, item: FormItem, answer: dict[str, Any]) -> dict[str, str]:
    types = _types(item)
    blank = [VALUE] if question.name != AGE and item.required and VALUE not in answer else []
    blank += [
        sub.field
        for sub in asked_below(question, answer.get(VALUE))
        if sub.field not in answer and not sub.optional
    ]
    return {name: _BLANK.get(types[name], "Answer this too.") for name in blank}
