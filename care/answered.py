"""What a client answered to a screening question, in the words that they read on the form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from care.compiled import per_pack
from care.form_answers import SIDE, UNSURE, VALUE
from care.intake_form import FormItem, Option, SubQuestion, intake_form
from schemas.rules import RulePack
from schemas.rules_form import AnswerType

WHICH_SIDE = "Which side?"


class Answered(NamedTuple):
    """An answer in words; `asked` is the question below the item that it answers, empty for the item's own."""

    asked: str
    said: str


def answered(pack: RulePack, item_id: str, answers: Mapping[str, Any]) -> tuple[Answered, ...]:
    """The answers to one item (`{"value": "yes", "region": ["knee"]}`) in the form's order.

    What was left blank is not among them; an item that the pack does not ask has none.
    """
    item = _items(pack).get(item_id)
    return tuple(_lines(pack, item, answers)) if item is not None else ()


def _lines(pack: RulePack, item: FormItem, answers: Mapping[str, Any]) -> Iterator[Answered]:
    if answers.get(VALUE) is not None:
        yield Answered("", in_words(answers[VALUE], item.options))
    for sub in item.sub_questions:
        if sub.type is not AnswerType.file and answers.get(sub.field) is not None:
            yield Answered(sub.text, in_words(answers[sub.field], options_of(pack, sub)))
    if answers.get(SIDE) is not None:
        yield Answered(WHICH_SIDE, in_words(answers[SIDE], intake_form(pack).sides))


@per_pack
def _items(pack: RulePack) -> Mapping[str, FormItem]:
    return {item.id: item for item in intake_form(pack).items}


def options_of(pack: RulePack, sub: SubQuestion) -> tuple[Option, ...]:
    """What may be chosen below an item: its own options, or the parts of the body."""
    return intake_form(pack).regions if sub.type is AnswerType.region else sub.options


def in_words(value: Any, options: tuple[Option, ...]) -> str:
    """An answer as the client chose or wrote it; days in full."""
    texts = {option.value: option.text for option in options} | ({} if options else {UNSURE: "Not sure"})
    if isinstance(value, list):
        return "; ".join(texts.get(one, str(one)) for one in value)
    text = texts.get(str(value))
    if text is not None:
        return text
    try:
        day = date.fromisoformat(str(value))
    except ValueError:
        return str(value)
    return f"{day.day} {day:%B %Y}"
