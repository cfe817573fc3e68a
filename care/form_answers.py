"""Reading the answers of a screening form: what each means to the rules, and what is wrong with it.

An answer that cannot be read counts as blank for the rules and makes the form incomplete (ALG-8);
nothing is guessed. Text answers are only tested for presence.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, NamedTuple

from care.compiled import per_pack
from care.predicates import Fields
from schemas.base import Frozen
from schemas.rules import RulePack
from schemas.rules_form import AnswerType, ScreeningItem

VALUE, SIDE = "value", "side"
PRESENT = "given"
"""What a text or file answer is to the rules: there, and nothing more."""
NEGATIVE = frozenset({"no", "none"})
UNSURE = "unsure"
_OLDEST = 130
_MULTI = AnswerType.multi
_SEQUENCES = (list, tuple, set, frozenset)


class FieldError(Frozen):
    """An answer that an API refuses: where it stands and a sentence for the person who gave it."""

    path: str
    sentence: str


class AnswerError(ValueError):
    """Why an answer cannot be read, as the end of a sentence."""


@dataclass(frozen=True)
class Field:
    """One thing that can be answered, as the engine needs it."""

    name: str
    type: AnswerType
    options: tuple[str, ...] = ()
    optional: bool = False
    between: tuple[int, int] | None = None
    within_days: int | None = None


@dataclass(frozen=True)
class Form:
    """Every field of every item, and the body regions that answers may name."""

    fields: Mapping[str, tuple[Field, ...]]
    regions: tuple[str, ...]


@per_pack
def form_of(pack: RulePack) -> Form:
    """The pack's form, ready to read answers."""
    sides = pack.enums.sides
    return Form({item.id: _fields(item, sides) for item in pack.screening.items}, pack.enums.regions)


def _fields(item: ScreeningItem, sides: tuple[str, ...]) -> tuple[Field, ...]:
    main = Field(VALUE, item.type, item.options, not item.required)
    below = tuple(
        Field(
            sub.f,
            sub.type,
            sub.options,
            sub.optional,
            item.between.get(sub.f),
            item.within_days.get(sub.f),
        )
        for sub in item.subfields
    )
    asks_where = any(sub.type is AnswerType.region for sub in item.subfields)
    side = (Field(SIDE, AnswerType.choice, sides, optional=True),) if asks_where else ()
    return (main, *below, *side)


def age_years(born: date, today: date) -> int:
    """Age in whole years; a birthday on 29 February counts from 1 March in other years."""
    return today.year - born.year - ((today.month, today.day) < (born.month, born.day))


def is_blank(answer: Any) -> bool:
    """Nothing was answered: absent, empty, or only spaces."""
    if answer is None:
        return True
    if isinstance(answer, str):
        return not answer.strip()
    return not answer and isinstance(answer, (*_SEQUENCES, dict))


# -- one reader for each type of answer: the rules' value, or AnswerError -----------------------

_Reader = Callable[[Field, Any, Form, date | None], Any]


def _choice(field: Field, answer: Any, _form: Form, _today: date | None) -> str:
    if isinstance(answer, str) and answer in field.options:
        return answer
    listed = ", ".join(field.options)
    if isinstance(answer, bool):
        raise AnswerError(f"send the word, not true or false: one of {listed}.")
    raise AnswerError(f"choose one of {listed}.")


def _several(answer: Any, allowed: tuple[str, ...], what: str) -> tuple[str, ...]:
    given = (answer,) if isinstance(answer, str) else answer
    if not isinstance(given, _SEQUENCES):
        raise AnswerError(f"send a list of {what}.")
    for one in given:
        if not isinstance(one, str) or one not in allowed:
            raise AnswerError(f"{str(one)[:40]!r} is not one of the {what}: {', '.join(allowed)}.")
    return tuple(sorted(set(given), key=allowed.index))


def _multi(field: Field, answer: Any, _form: Form, _today: date | None) -> tuple[str, ...]:
    return _several(answer, field.options, "options")


def _region(_field: Field, answer: Any, form: Form, _today: date | None) -> tuple[str, ...]:
    return _several(answer, form.regions, "body regions")


def _date(_field: Field, answer: Any, _form: Form, today: date | None) -> date:
    day = _day(answer)
    if day is None:
        raise AnswerError("send a date as YYYY-MM-DD.")
    if today is not None and day > today:
        raise AnswerError("the date lies in the future; give the day it happened.")
    return day


def _day(answer: Any) -> date | None:
    if isinstance(answer, datetime):
        return answer.date()
    if isinstance(answer, date):
        return answer
    try:
        return date.fromisoformat(answer.strip()) if isinstance(answer, str) else None
    except ValueError:
        return None


def _whole(answer: Any, highest: int | None, lowest: int = 0) -> int:
    number: int | None = None
    if isinstance(answer, int) and not isinstance(answer, bool):
        number = answer
    elif (isinstance(answer, float) and answer.is_integer()) or (
        isinstance(answer, str) and len(answer) < 10 and answer.strip().isdecimal()
    ):
        number = int(answer)
    if number is None or number < lowest or (highest is not None and number > highest):
        limits = f"{lowest} or more" if highest is None else f"from {lowest} to {highest}"
        raise AnswerError(f"send a whole number {limits}.")
    return number


def _number(field: Field, answer: Any, _form: Form, _today: date | None) -> int:
    lowest, highest = field.between or (0, None)
    return _whole(answer, highest, lowest)


def _age(field: Field, answer: Any, form: Form, today: date | None) -> int:
    if _day(answer) is not None:
        born = _date(field, answer, form, today)
        answer = age_years(born, today) if today else 0
    try:
        return _whole(answer, _OLDEST)
    except AnswerError as error:
        raise AnswerError("send the date of birth as YYYY-MM-DD.") from error


_READERS: Mapping[AnswerType, _Reader] = {
    AnswerType.choice: _choice,
    AnswerType.multi: _multi,
    AnswerType.region: _region,
    AnswerType.date: _date,
    AnswerType.int: _number,
    AnswerType.int_0_10: lambda _field, answer, _form, _today: _whole(answer, 10),
    AnswerType.age_years: _age,
    AnswerType.text: lambda _field, _answer, _form, _today: PRESENT,
    AnswerType.file: lambda _field, _answer, _form, _today: PRESENT,
}


class ReadItem(NamedTuple):
    """One item's answers for the rules, and which fields could not be read or contradict themselves."""

    fields: Fields
    unreadable: tuple[str, ...] = ()


def read_item(form: Form, item: str, given: Any, today: date) -> ReadItem:
    """Read one item's answers.

    Options that exist still count when another in the same list does not, so a bad entry never hides
    a finding. `none` beside a positive answer is a contradiction: the positive counts and a person looks.
    """
    if is_blank(given):
        return ReadItem({})
    if not isinstance(given, Mapping):
        return ReadItem({}, (VALUE,))
    read: dict[str, Any] = {}
    unreadable: list[str] = []
    for field in form.fields[item]:
        answer = given.get(field.name)
        if is_blank(answer):
            continue
        try:
            value = _READERS[field.type](field, answer, form, today)
        except AnswerError:
            unreadable.append(field.name)
            value = _salvaged(field, answer, form)
        if field.type is _MULTI and value and len(value) > 1 and not NEGATIVE.isdisjoint(value):
            unreadable.append(field.name)
            value = tuple(one for one in value if one not in NEGATIVE)
        if value != ():
            read[field.name] = value
    return ReadItem(read, tuple(dict.fromkeys(unreadable)))


def _salvaged(field: Field, answer: Any, form: Form) -> tuple[str, ...]:
    """What can still be read of a list with a bad entry; never its "none"."""
    tables = {AnswerType.multi: field.options, AnswerType.region: form.regions}
    allowed = tables.get(field.type, ())
    given = answer if isinstance(answer, _SEQUENCES) else ()
    kept = {one for one in given if isinstance(one, str) and one in allowed}
    return tuple(sorted(kept - NEGATIVE, key=allowed.index))


# -- what an API refuses ------------------------------------------------------------------------------


def validate_answers(
    pack: RulePack, answers: Mapping[str, Any], today: date | None = None
) -> list[FieldError]:
    """Everything in `answers` that an API should refuse (422): unknown names, wrong types, impossible values.

    Blanks are not errors: they make the screening incomplete. Without `today` no date is called future.
    """
    return list(_errors(form_of(pack), answers, today))


def _errors(form: Form, answers: Mapping[str, Any], today: date | None) -> Iterator[FieldError]:
    for item, given in answers.items():
        name = str(item)[:60]
        if item not in form.fields:
            yield FieldError(path=name, sentence=f"The form has no question {name!r}.")
        elif is_blank(given):
            continue
        elif not isinstance(given, Mapping):
            yield FieldError(
                path=name, sentence=f"Send {name} as an object with `value` and its sub-answers."
            )
        else:
            yield from _item_errors(form, item, given, today)


def _item_errors(form: Form, item: str, given: Mapping[str, Any], today: date | None) -> Iterator[FieldError]:
    fields = {field.name: field for field in form.fields[item]}
    for key, answer in given.items():
        name = str(key)[:60]
        path = f"{item}.{name}"
        field = fields.get(key)
        if field is None:
            yield FieldError(path=path, sentence=f"{item} has no sub-question {name!r}.")
        elif not is_blank(answer):
            try:
                _recent(field, _READERS[field.type](field, answer, form, today), today)
            except AnswerError as error:
                yield FieldError(path=path, sentence=f"{path}: {error}")


def _recent(field: Field, answer: Any, today: date | None) -> None:
    """Only as it is told: an answer that is kept and judged again later grows old, and stays what it was."""
    if field.within_days is None or today is None or (today - answer).days <= field.within_days:
        return
    raise AnswerError(
        f"the date is more than {field.within_days} days back, and the question asks about less; "
        "check the year, or answer no."
    )
