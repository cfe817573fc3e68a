"""What the pages of a form show: one question with its place in the whole, and all answers to check."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from itertools import groupby
from typing import Any, Final

from api.form.given import Given
from api.form.reading import activities_of
from api.form.reading_items import asked_below
from api.form.visit import Visit
from care.answered import WHICH_SIDE, in_words, options_of
from care.client_form import AGE, Kind, Question, applies, positive, texts_wait_for_agreement
from care.form_answers import NEGATIVE, SIDE, VALUE
from care.intake_form import Option, SubQuestion, intake_form
from schemas.intake import ContactPreference
from schemas.rules import RulePack
from schemas.rules_form import NUMBER_TYPES, AnswerType

LEFT_BLANK: Final = "Left blank"
LEFT_TO_US: Final = "Left blank: a physio will ask you"
CONTRADICTION: Final = "Two of these do not go together: a physio will ask you"
PREFERENCES: Final[Mapping[ContactPreference, str]] = {
    ContactPreference.text: "By text",
    ContactPreference.phone: "By telephone",
    ContactPreference.email: "By e-mail",
}
_YES_NO: Final = {True: "Yes", False: "No"}


@dataclass(frozen=True)
class Below:
    """A sub-question on the screen; `place` counts from 1 and ties it to the answers that open it."""

    sub: SubQuestion
    place: int
    always: bool


@dataclass(frozen=True)
class Screen:
    """One question as a page shows it. `labels` say which sub-question an error belongs to."""

    question: Question
    number: int
    total: int
    back: str | None
    given: Given
    errors: Mapping[str, str]
    labels: Mapping[str, str] = field(default_factory=dict)
    may_leave: bool = False
    below: tuple[Below, ...] = ()
    opens: Mapping[str, str] = field(default_factory=dict)
    regions: tuple[Option, ...] = ()
    sides: tuple[Option, ...] = ()
    bring_letter: bool = False
    activities: tuple[str, ...] = ()
    consent_wording: str = ""
    texts_by_agreement: bool = False


def screen_of(
    visit: Visit,
    question: Question,
    given: Given,
    errors: Mapping[str, str] | None = None,
    *,
    may_leave: bool = False,
) -> Screen:
    """The screen of one question; `back` is the question before it."""
    names = [one.name for one in visit.questions]
    number = names.index(question.name)
    form = intake_form(visit.clinic.pack)
    below = _below(question)
    return Screen(
        question=question,
        number=number + 1,
        total=len(names),
        back=f"{visit.home}/{names[number - 1]}" if number else None,
        given=given,
        errors=errors or {},
        labels={one.sub.field: one.sub.text for one in below},
        may_leave=may_leave,
        below=below,
        opens=_opens(question, below),
        regions=form.regions,
        sides=form.sides,
        bring_letter=_files(question),
        activities=tuple(activities_of(visit.answers)),
        consent_wording=visit.known.consent_wording,
        texts_by_agreement=texts_wait_for_agreement(
            visit.clinic.pack, visit.client.date_of_birth, visit.today
        ),
    )


def _below(question: Question) -> tuple[Below, ...]:
    item = question.item
    if item is None:
        return ()
    always = item.type in NUMBER_TYPES
    subs = [sub for sub in item.sub_questions if sub.type is not AnswerType.file]
    return tuple(Below(sub, place, always) for place, sub in enumerate(subs, 1))


def _opens(question: Question, below: tuple[Below, ...]) -> dict[str, str]:
    """For each answer the classes that show what hangs on it (`form.css`)."""
    options = question.item.options if question.item else ()
    return {
        option.value: " ".join(
            f"opens-{one.place}" for one in below if applies(one.sub, question, option.value)
        )
        for option in options
    }


def _files(question: Question) -> bool:
    return question.item is not None and any(
        sub.type is AnswerType.file for sub in question.item.sub_questions
    )


@dataclass(frozen=True)
class Checked:
    """One answer to check; `note` says where a person will ask."""

    question: Question
    lines: tuple[tuple[str, str], ...]
    change: str
    note: str | None = None


def to_check(visit: Visit) -> list[tuple[str, list[Checked]]]:
    """Every answer in plain words, by the parts of the form."""
    checked = [_checked(visit, question) for question in visit.questions]
    return [(part, list(rows)) for part, rows in groupby(checked, key=lambda row: row.question.part.value)]


def _checked(visit: Visit, question: Question) -> Checked:
    answer = visit.answers.get(question.name, {})
    if question.kind is Kind.item:
        lines, note = _item_lines(visit.clinic.pack, question, answer)
    else:
        lines, note = _WORDS[question.kind](question, answer, visit), None
    return Checked(question, tuple(lines), f"{visit.home}/{question.name}?then=check", note)


_Line = tuple[str, str]


def _item_lines(
    pack: RulePack, question: Question, answer: Mapping[str, Any]
) -> tuple[list[_Line], str | None]:
    item = question.item
    value = answer.get(VALUE)
    lines: list[_Line] = [] if question.name == AGE or item is None else [("", in_words(value, item.options))]
    left = []
    for sub in asked_below(question, value):
        if sub.type is AnswerType.file:
            continue
        if sub.field in answer:
            lines.append((sub.text, in_words(answer[sub.field], options_of(pack, sub))))
        elif not sub.optional:
            left.append(sub.field)
            lines.append((sub.text, LEFT_BLANK))
    if SIDE in answer:
        lines.append((WHICH_SIDE, in_words(answer[SIDE], intake_form(pack).sides)))
    return lines, CONTRADICTION if _contradicts(value) else LEFT_TO_US if left else None


def _contradicts(value: Any) -> bool:
    return isinstance(value, list) and bool(positive(value)) and not NEGATIVE.isdisjoint(value)


def _reach(_question: Question, answer: Mapping[str, Any], _visit: Visit) -> list[_Line]:
    lines = [
        ("Texts from the clinic?", _YES_NO[answer["texts"]]),
        ("Best way to reach you", PREFERENCES[ContactPreference(answer["preference"])]),
    ]
    if "email" in answer:
        lines.append(("E-mail", answer["email"]))
        lines.append(("E-mail where a text does not arrive?", _YES_NO[answer["email_instead"]]))
    return lines


def _mobile(_question: Question, answer: Mapping[str, Any], _visit: Visit) -> list[_Line]:
    if "mobile" not in answer:
        return [("", "No mobile for texts")]
    return [("", answer["mobile"]), ("Does anyone else read it?", _YES_NO[answer["others_read"]])]


def _abilities(_question: Question, answer: Mapping[str, Any], visit: Visit) -> list[_Line]:
    named = activities_of(visit.answers)
    return [(activity, f"{now} of 10") for activity, now in zip(named, answer.get("now", ()), strict=False)]


def _gp(_question: Question, answer: Mapping[str, Any], _visit: Visit) -> list[_Line]:
    if not answer:
        return [("", LEFT_BLANK)]
    named = ", ".join(answer[name] for name in ("name", "practice") if name in answer)
    return [("", named), ("May we write to them?", _YES_NO[answer["may_write"]])]


def _contact(_question: Question, answer: Mapping[str, Any], _visit: Visit) -> list[_Line]:
    return [("", ", ".join(str(one) for one in answer.values()) or LEFT_BLANK)]


def _lines(_question: Question, answer: Mapping[str, Any], _visit: Visit) -> list[_Line]:
    return [("", line) for line in answer.get("lines", ())] or [("", LEFT_BLANK)]


def _one_of(key: str) -> Callable[[Question, Mapping[str, Any], Visit], list[_Line]]:
    def words(question: Question, answer: Mapping[str, Any], _visit: Visit) -> list[_Line]:
        return [("", in_words(answer[key], question.options) if key in answer else LEFT_BLANK)]

    return words


_WORDS: Final[Mapping[Kind, Callable[[Question, Mapping[str, Any], Visit], list[_Line]]]] = {
    Kind.reach: _reach,
    Kind.mobile: _mobile,
    Kind.text_list: _lines,
    Kind.ability_of_each: _abilities,
    Kind.gp: _gp,
    Kind.contact: _contact,
    Kind.places: _one_of("regions"),
    Kind.choice: _one_of("value"),
    Kind.text: _one_of("text"),
}
