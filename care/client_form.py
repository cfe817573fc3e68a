"""The intake form as a client walks through it: the rule pack's questions in the order in which they are asked.

How to reach the client and what brings them come first, so that a plan can be opened, and somebody told, at the
first answer to a health question that cannot wait. What nobody need hurry for comes last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from enum import StrEnum
from typing import Any, Final

from care.compiled import per_pack
from care.form_answers import NEGATIVE, UNSURE, VALUE, age_years
from care.intake_form import FormItem, Option, SubQuestion, intake_form
from care.predicates import compile_predicate, tests_in
from care.screening import screen
from care.texts_agreed import RULE
from care.words import words_for
from schemas.rules import RulePack
from schemas.rules_form import NUMBER_TYPES, AnswerType, IntakeField
from schemas.screening import Finding, Urgency

ACTIVITIES: Final = "INT-01"
ABILITIES: Final = "INT-02"
PLACES: Final = "INT-03"
DURATION: Final = "INT-04"
NORMAL_DAY: Final = "INT-05"
MEDICINES: Final = "INT-06"
EARLIER_TREATMENT: Final = "INT-07"
GP: Final = "INT-08"
EMERGENCY: Final = "INT-09"
MOBILE: Final = "INT-10"
REACH: Final = "REACH"
"""Our own question: consent to texts, and how the client likes to be reached (`sms_checkins.consent`)."""
PAIN: Final = "SCR-16"
AGE: Final = "SCR-24"
"""Answered by the date of birth that opens the form; only what hangs on being under 18 is asked."""
ADULT: Final = 18
AT_ONCE: Final = frozenset({Urgency.E0, Urgency.E1})
"""What pages staff now, and stops the form (ALG-3)."""


class Part(StrEnum):
    """A stretch of the form with one heading."""

    reaching = "How we reach you"
    wishes = "What brings you to us"
    health = "Your health"
    more = "A little more about you"


class Kind(StrEnum):
    """How a question is asked and read: the pack's types for its intake fields, a screening item, and our own."""

    text_list = "text_list"
    ability_of_each = "int_0_10_each"
    places = "body_map"
    choice = "choice"
    text = "text"
    gp = "gp_and_consent"
    contact = "contact"
    mobile = "mobile_and_privacy"
    reach = "reach"
    item = "item"


@dataclass(frozen=True)
class Question:
    """One screen of the form. `most` is how many lines a list takes; `item` is the screening item it asks.

    `when_unsure` are its sub-questions that the rules look at after "unsure" too: then they must have been asked.
    """

    name: str
    part: Part
    kind: Kind
    text: str
    options: tuple[Option, ...] = ()
    most: int | None = None
    item: FormItem | None = None
    when_unsure: frozenset[str] = frozenset()


_BEGINNING: Final = (
    (Part.reaching, (MOBILE, REACH)),
    (Part.wishes, (ACTIVITIES, ABILITIES, PLACES, DURATION, PAIN)),
)
_UNDER_AGE: Final = "You are under 18: does a parent or guardian agree?"
"""The date of birth is known by then: what is left of that item is asked of the young only."""
_REACH = Question(REACH, Part.reaching, Kind.reach, "How may we keep in touch?")


@per_pack
def client_form(pack: RulePack) -> tuple[Question, ...]:
    """Every question of the pack's form, in order. Intake fields of a type not known here are left to staff."""
    form = intake_form(pack)
    kinds = {kind.value for kind in Kind}
    known: dict[str, Question] = {REACH: _REACH}
    for field in form.fields:
        if field.type in kinds:
            known[field.id] = _intake_question(field, pack, form.regions)
    looked_at = _looked_at_first(pack)
    asked_first = {name for _, names in _BEGINNING for name in names}
    for item in sorted(form.items, key=lambda one: looked_at.index(one.id)):
        unsure = _when_unsure(pack, item.id)
        text = _UNDER_AGE if item.id == AGE else item.text
        known[item.id] = Question(item.id, Part.health, Kind.item, text, item=item, when_unsure=unsure)
    beginning = [
        replace(known[name], part=part) for part, names in _BEGINNING for name in names if name in known
    ]
    rest = [one for name, one in known.items() if name not in asked_first]
    return (*beginning, *sorted(rest, key=lambda one: one.part is Part.more))


def _looked_at_first(pack: RulePack) -> list[str]:
    """The items, each after those that its rules look at: a combination is judged as soon as it can be."""
    items = {item.id: item for item in pack.screening.items}
    order: list[str] = []

    def place(name: str) -> None:
        for rule in items[name].rules:
            for test in tests_in(rule.when):
                if test.i is not None and test.i not in order:
                    place(test.i)
        if name not in order:
            order.append(name)

    for name in items:
        place(name)
    return order


def _when_unsure(pack: RulePack, name: str) -> frozenset[str]:
    item = next(one for one in pack.screening.items if one.id == name)
    fields: set[str] = set()
    for rule in item.rules:
        own = [test for test in tests_in(rule.when) if test.i is None]
        if any(test.f == VALUE and UNSURE in _listed(test.v) for test in own):
            fields |= {test.f for test in own if test.f != VALUE}
    return frozenset(fields)


def _listed(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _intake_question(field: IntakeField, pack: RulePack, regions: tuple[Option, ...]) -> Question:
    words = words_for(pack.meta.language)
    kind = Kind(field.type)
    options = tuple(Option(value=one, text=words.label(one)) for one in field.options)
    return Question(
        field.id, Part.more, kind, field.q, regions if kind is Kind.places else options, field.max
    )


def asked_of(pack: RulePack, born: date, today: date) -> tuple[Question, ...]:
    """The questions for somebody of this age."""
    minor = age_years(born, today) < ADULT
    return tuple(question for question in client_form(pack) if question.name != AGE or minor)


def texts_wait_for_agreement(pack: RulePack, born: date, today: date) -> bool:
    """Whether somebody of this age is texted only once a consent record says so, by the pack's own rule."""
    fields = {AGE: {VALUE: age_years(born, today)}}
    rules = (rule for item in pack.screening.items if item.id == AGE for rule in item.rules)
    return any(rule.id == RULE and compile_predicate(rule.when, AGE)(fields, today) for rule in rules)


def positive(value: Any) -> frozenset[str]:
    """What was chosen, without `no`, `none` and `unsure`."""
    chosen = value if isinstance(value, (list, tuple)) else (value,)
    return frozenset(str(one) for one in chosen if one not in (None, "")) - NEGATIVE - {UNSURE}


def applies(sub: SubQuestion, question: Question, value: Any) -> bool:
    """Whether a sub-question is asked after this answer (`subfield_rule`). Nobody is asked to upload a file here."""
    if question.item is None or sub.type is AnswerType.file:
        return False
    if sub.only_if:
        return not positive(value).isdisjoint(sub.only_if)
    if question.item.type in NUMBER_TYPES or positive(value):
        return True
    return sub.field in question.when_unsure and UNSURE in _listed(value)


@dataclass(frozen=True)
class Advice:
    """What the client must hear now: the pack's message by its id, and the rule that asked for it."""

    message: str
    rule: str
    urgency: Urgency


_FALLBACK_ADVICE: Final = "MSG-111"


def advice_now(
    pack: RulePack, answers: Mapping[str, Mapping[str, Any]], born: date, today: date
) -> Advice | None:
    """The advice for what has been answered so far, if something there cannot wait for the end of the form.

    Questions not yet answered count for nothing here: an unfinished form is no finding.
    """
    items = {name: dict(given) for name, given in answers.items() if name in _items(pack)}
    items[AGE] = {**items.get(AGE, {}), VALUE: born.isoformat()}
    result = screen(pack, items, today)
    if result.urgency not in AT_ONCE:
        return None
    urgent = next(one for one in result.findings if one.urgency is result.urgency)
    said: Finding = next((one for one in result.findings if one.message == result.message), urgent)
    return Advice(result.message or _FALLBACK_ADVICE, said.rule, result.urgency)


@per_pack
def _items(pack: RulePack) -> frozenset[str]:
    return frozenset(item.id for item in pack.screening.items)
