"""The intake and screening questions as a form shows them: wording, options with text, what hangs on what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from care.compiled import per_pack
from care.words import Words, words_for
from schemas.base import Frozen
from schemas.rules import RulePack
from schemas.rules_form import AnswerType, IntakeField, ScreeningItem, SubField


class Option(Frozen):
    """One choice: what is sent, and what the client reads."""

    value: str
    text: str


class SubQuestion(Frozen):
    """A question below an item. Empty `only_if` means: whenever the item's answer is positive."""

    field: str
    type: AnswerType
    text: str
    options: tuple[Option, ...] = ()
    only_if: tuple[str, ...] = ()
    optional: bool = False


class FormItem(Frozen):
    """One screening question. `asks_side` says that a `side` may be answered beside its region."""

    id: str
    topic: str
    type: AnswerType
    text: str
    options: tuple[Option, ...] = ()
    sub_questions: tuple[SubQuestion, ...] = ()
    required: bool = True
    asks_side: bool = False


class DayQuestion(Frozen):
    """A question asked before every session."""

    id: str
    text: str


class Questionnaire(Frozen):
    """Everything a form needs from the pack. `status` tells the reader whether the pack is signed off."""

    pack_version: str
    pack_hash: str
    status: str
    language: str
    intro: str
    fields: tuple[IntakeField, ...]
    items: tuple[FormItem, ...]
    regions: tuple[Option, ...]
    sides: tuple[Option, ...]
    day_check: tuple[DayQuestion, ...]
    profiles: tuple[Option, ...]
    conditions: tuple[Option, ...]


@per_pack
def intake_form(pack: RulePack) -> Questionnaire:
    """The form that `pack` asks for, in the pack's language and order."""
    words = words_for(pack.meta.language)
    return Questionnaire(
        pack_version=pack.version,
        pack_hash=pack.content_hash,
        status=pack.meta.status,
        language=pack.meta.language,
        intro=pack.screening.intro,
        fields=pack.intake.fields,
        items=tuple(_item(item, words) for item in pack.screening.items),
        regions=_options(pack.enums.regions, {}, words),
        sides=_options(pack.enums.sides, {}, words),
        day_check=tuple(DayQuestion(id=one.id, text=one.q) for one in pack.screening.session_day_check),
        profiles=_options(pack.profiles, {}, words),
        conditions=_options(pack.conditions, {}, words),
    )


def _item(item: ScreeningItem, words: Words) -> FormItem:
    return FormItem(
        id=item.id,
        topic=item.topic,
        type=item.type,
        text=item.q,
        options=_options(item.options, item.option_text, words, item.id),
        sub_questions=tuple(_sub_question(sub, words, item.id) for sub in item.subfields),
        required=item.required,
        asks_side=any(sub.type is AnswerType.region for sub in item.subfields),
    )


def _sub_question(sub: SubField, words: Words, item: str) -> SubQuestion:
    return SubQuestion(
        field=sub.f,
        type=sub.type,
        text=sub.q,
        options=_options(sub.options, sub.option_text, words, f"{item}.{sub.f}"),
        only_if=sub.only_if,
        optional=sub.optional,
    )


def _options(
    values: Iterable[str], texts: Mapping[str, str], words: Words, of: str = ""
) -> tuple[Option, ...]:
    """The pack's own text for each; else our words for it in this question (`of`), else anywhere."""
    return tuple(
        Option(
            value=value,
            text=texts.get(value) or words.labels.get(f"{of}.{value}") or words.label(value),
        )
        for value in values
    )
