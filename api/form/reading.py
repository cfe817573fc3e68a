"""Reading one question's answer: what to keep of it, and what to say, in plain words, where something is wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from api.form.given import Given
from api.form.reading_items import read_item
from care.client_form import ACTIVITIES, MOBILE, Kind, Question
from messaging.numbers import NumberRefused, mobile
from schemas.intake import TARGET_BY_DEFAULT, ContactPreference, Email, Name, Telephone
from schemas.rules import RulePack

LONGEST_WORDS: Final = 10_000
MOST_REGIONS: Final = 6
MOST_MEDICINES: Final = 40
HIGHEST: Final = 10
_LONGEST_ACTIVITY: Final = 200
_LONGEST_NAME: Final = 100
_YES_NO: Final = {"yes": True, "no": False}

CHOOSE_ONE: Final = "Choose one of the answers."
TOO_LONG: Final = "This is too long for us to keep. Please shorten it, and tell us the rest when we meet."


@dataclass(frozen=True)
class Known:
    """What an answer is read against: the pack, the day at the site, and the answers before it."""

    pack: RulePack
    today: date
    now: datetime
    answers: Mapping[str, Mapping[str, Any]]
    consent_wording: str
    fictional_numbers: bool


@dataclass(frozen=True)
class Reading:
    """An answer to keep, and a sentence for each field that is wrong. `may_leave`: only blanks are wrong."""

    answer: dict[str, Any]
    errors: dict[str, str] = field(default_factory=dict)
    may_leave: bool = False


_Reader = Callable[[Question, Given, Known], Reading]


def read_answer(question: Question, given: Given, known: Known) -> Reading:
    """The answer to `question` in the fields that were sent."""
    return _READERS[question.kind](question, given, known)


def activities_of(answers: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """What the client wants to be able to do, as they put it."""
    return list(answers.get(ACTIVITIES, {}).get("lines", ()))


def _item(question: Question, given: Given, known: Known) -> Reading:
    answer, errors, may_leave = read_item(question, given, known.pack, known.today)
    return Reading(answer, errors, may_leave)


def _lines(question: Question, given: Given, _known: Known) -> Reading:
    if question.most is None:
        return _medicines(given)
    lines = [given.one(f"lines-{place}") for place in range(question.most)]
    errors = {
        f"lines-{place}": "Write a few words, up to 200 letters."
        for place, line in enumerate(lines)
        if line and not 2 <= len(line) <= _LONGEST_ACTIVITY
    }
    if not any(lines):
        errors["lines-0"] = "Name at least one thing that is hard for you now."
    return Reading({"lines": [line for line in lines if line]}, errors)


def _medicines(given: Given) -> Reading:
    lines = [line for line in (one.strip() for one in given.one("lines").splitlines()) if line]
    errors = {}
    if len(lines) > MOST_MEDICINES or any(len(line) > _LONGEST_NAME for line in lines):
        errors["lines"] = "Write each medicine on a line of its own: up to 40 lines of up to 100 letters."
    return Reading({"lines": lines} if lines else {}, errors)


def _abilities(_question: Question, given: Given, known: Known) -> Reading:
    now: list[int] = []
    errors = {}
    for place, _ in enumerate(activities_of(known.answers)):
        said = given.one(f"now-{place}")
        if said.isdecimal() and len(said) <= 2 and int(said) <= HIGHEST:
            now.append(int(said))
        else:
            errors[f"now-{place}"] = "Choose a number from 0 to 10."
    if not errors and now and sum(now) / len(now) >= HIGHEST:
        errors["now-0"] = (
            "You can do all of this as well as before. Go back and name something that is hard now."
        )
    return Reading({"now": now}, errors)


def goal_target(now: list[int]) -> float:
    """The goal for what the client wants to do: the usual one, or the top for those who come near it already."""
    return TARGET_BY_DEFAULT if sum(now) / len(now) < TARGET_BY_DEFAULT else float(HIGHEST)


def _places(question: Question, given: Given, _known: Known) -> Reading:
    listed = [one.value for one in question.options]
    chosen = [one for one in given.all("regions") if one in listed]
    errors = {}
    if not chosen:
        errors["regions"] = "Choose at least one place."
    elif len(chosen) > MOST_REGIONS:
        errors["regions"] = "Choose up to six places: those that matter most to you."
    return Reading({"regions": chosen}, errors)


def _choice(question: Question, given: Given, _known: Known) -> Reading:
    value = given.one("value")
    good = value in [one.value for one in question.options]
    return Reading({"value": value} if good else {}, {} if good else {"value": CHOOSE_ONE})


def _text(_question: Question, given: Given, _known: Known) -> Reading:
    words = given.one("text")
    return Reading({"text": words} if words else {}, _longer_than(words, "text"))


def _longer_than(words: str, name: str) -> dict[str, str]:
    return {name: TOO_LONG} if len(words) > LONGEST_WORDS else {}


def _gp(_question: Question, given: Given, _known: Known) -> Reading:
    answer, errors = _fitting(given, {"practice": (_NAME, _TOO_LONG_NAME), "name": (_NAME, _TOO_LONG_NAME)})
    if "name" in answer and "practice" not in answer:
        errors["practice"] = "Write the name of the practice too. If you do not know it, leave both blank."
    if answer or errors:
        answer["may_write"] = given.one("may_write") == "yes"
        if given.one("may_write") not in _YES_NO:
            errors["may_write"] = CHOOSE_ONE
    return Reading(answer, errors)


def _contact(_question: Question, given: Given, _known: Known) -> Reading:
    names = (_NAME, _TOO_LONG_NAME)
    answer, errors = _fitting(
        given, {"name": names, "relationship": names, "telephone": (_TELEPHONE, _NO_TELEPHONE)}
    )
    if answer and not errors:
        errors |= {name: "Write this too, or leave all three blank." for name in ("name", "telephone")
                   if name not in answer}  # fmt: skip
    return Reading(answer, errors)


def _mobile(_question: Question, given: Given, known: Known) -> Reading:
    typed = given.one("mobile")
    if not typed:
        return Reading({})
    answer: dict[str, Any] = {}
    errors = {}
    try:
        answer["mobile"] = mobile(typed, allow_drama=known.fictional_numbers)
    except NumberRefused:
        errors["mobile"] = (
            "We cannot text this number. Check it, or leave it blank and we will ring you instead."
        )
    if given.one("others_read") in _YES_NO:
        answer["others_read"] = _YES_NO[given.one("others_read")]
    else:
        errors["others_read"] = CHOOSE_ONE
    return Reading(answer, errors)


def _reach(_question: Question, given: Given, known: Known) -> Reading:
    answer, errors = _fitting(given, {"email": (_EMAIL, "This is not an e-mail address. Check it.")})
    if given.one("texts") in _YES_NO:
        answer |= {
            "texts": _YES_NO[given.one("texts")],
            "wording": known.consent_wording,
            "given_at": known.now.isoformat(),
        }
    else:
        errors["texts"] = CHOOSE_ONE
    if answer.get("texts") and "mobile" not in known.answers.get(MOBILE, {}):
        errors["texts"] = "To get texts we need your mobile number. Go back and give it, or choose No."
    if given.one("preference") in set(ContactPreference):
        answer["preference"] = given.one("preference")
    else:
        errors["preference"] = CHOOSE_ONE
    if answer.get("preference") == ContactPreference.email and "email" not in answer:
        errors.setdefault("email", "Write your e-mail address, or choose another way.")
    answer["email_instead"] = "email" in answer and given.one("email_instead") == "yes"
    return Reading(answer, errors)


_NAME: Final[TypeAdapter[str]] = TypeAdapter(Name)
_EMAIL: Final[TypeAdapter[str]] = TypeAdapter(Email)
_TELEPHONE: Final[TypeAdapter[str]] = TypeAdapter(Telephone)
_TOO_LONG_NAME: Final = "Use up to 100 letters."
_NO_TELEPHONE: Final = "This is not a telephone number. Write it in digits."


def _fitting(
    given: Given, fields: Mapping[str, tuple[TypeAdapter[str], str]]
) -> tuple[dict[str, Any], dict[str, str]]:
    """Those of the fields that are filled in, and a sentence for each that does not fit its type."""
    answer: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for name, (shape, sentence) in fields.items():
        typed = given.one(name)
        if not typed:
            continue
        try:
            answer[name] = shape.validate_python(typed)
        except ValidationError:
            errors[name] = sentence
    return answer, errors


_READERS: Final[Mapping[Kind, _Reader]] = {
    Kind.item: _item,
    Kind.text_list: _lines,
    Kind.ability_of_each: _abilities,
    Kind.places: _places,
    Kind.choice: _choice,
    Kind.text: _text,
    Kind.gp: _gp,
    Kind.contact: _contact,
    Kind.mobile: _mobile,
    Kind.reach: _reach,
}
