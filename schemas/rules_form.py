"""The part of a rule pack that asks: the screening items, their answers, predicates and outcomes."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

from schemas.base import LONGEST_DAYS, Days, Strict
from schemas.screening import Disposition, Scope, Urgency


class AnswerType(StrEnum):
    """What kind of answer a question takes."""

    choice = "choice"
    multi = "multi"
    region = "region"
    date = "date"
    text = "text"
    file = "file"
    int = "int"
    int_0_10 = "int_0_10"
    age_years = "age_years"
    """A date of birth; judged as the age in whole years on the day of evaluation."""


NUMBER_TYPES = frozenset({AnswerType.int, AnswerType.int_0_10, AnswerType.age_years})
"""Answers that are numbers when rules look at them."""


class Operator(StrEnum):
    """The comparisons a predicate may make. A missing field makes all but `missing` false."""

    eq = "eq"
    ne = "ne"
    is_in = "in"
    lt = "lt"
    lte = "lte"
    gt = "gt"
    gte = "gte"
    has_any = "has_any"
    days_ago_lt = "days_ago_lt"
    days_ago_gte = "days_ago_gte"
    missing = "missing"
    present = "present"


class Test(Strict):
    """Compare field `f` of this item, or of item `i`, with `v`."""

    f: str
    op: Operator
    v: Any = None
    i: str | None = None


class AllOf(Strict):
    """True when every part is."""

    parts: tuple[Predicate, ...] = Field(alias="all", min_length=1)


class AnyOf(Strict):
    """True when some part is."""

    parts: tuple[Predicate, ...] = Field(alias="any", min_length=1)


class NotOf(Strict):
    """True when its part is not."""

    part: Predicate = Field(alias="not")


def _kind_of_predicate(value: Any) -> str:
    if isinstance(value, dict):
        return next((key for key in ("all", "any", "not") if key in value), "test")
    kinds: dict[type, str] = {AllOf: "all", AnyOf: "any", NotOf: "not"}
    return kinds.get(type(value), "test")


Predicate = Annotated[
    Annotated[Test, Tag("test")]
    | Annotated[AllOf, Tag("all")]
    | Annotated[AnyOf, Tag("any")]
    | Annotated[NotOf, Tag("not")],
    Discriminator(_kind_of_predicate),
]


def none_as_absent(value: Any) -> Any:
    """The pack writes `none` where a message or a question is absent on purpose."""
    return None if value == "none" else value


NoneWord = BeforeValidator(none_as_absent)


class Clearance(Strict):
    """The document that discharges a hold, from whom, and for how long it counts."""

    owner: str = Field(alias="from")
    document: str
    valid_days: Days
    note: str = ""


class Defer(Strict):
    """Wait: `until` in words; the date is `days` after the answer in `days_from_field`, where given."""

    until: str
    rescreen_after_days: Days
    days_from_field: str | None = None
    days: int | None = Field(default=None, ge=0, le=LONGEST_DAYS)


class RestrictionRef(Strict):
    """A restriction put in force, its region fixed or taken from an answer."""

    code: str
    region: str | None = None
    region_from: str | None = None
    side: str | None = None
    technique: str | None = None


class Outcome(Strict):
    """What a rule asks for when it matches."""

    disposition: Disposition
    urgency: Urgency | None = None
    message: Annotated[str | None, NoneWord] = None
    scope: Scope = Scope.plan
    region: str | None = None
    region_from: str | None = None
    clearance: Clearance | None = None
    defer: Defer | None = None
    restrictions: tuple[RestrictionRef, ...] = ()
    note: str = ""


class ScreeningRule(Strict):
    """`when` this holds, `then` that is asked for.

    `by_convention` says whether its wait rests on convention (ALG-10), where its item's `convention` means others.
    """

    id: str
    when: Predicate
    then: Outcome
    by_convention: bool | None = None
    note: str = ""


class SubField(Strict):
    """A question asked below an item: always, or only if one of these options was chosen."""

    f: str
    type: AnswerType
    q: str
    options: tuple[str, ...] = ()
    option_text: dict[str, str] = Field(default_factory=dict)
    only_if: tuple[str, ...] = ()
    optional: bool = False


class ScreeningItem(Strict):
    """One question of the form, its sub-questions, and the rules that judge the answers."""

    id: str
    topic: str
    q: str
    type: AnswerType
    options: tuple[str, ...] = ()
    option_text: dict[str, str] = Field(default_factory=dict)
    subfields: tuple[SubField, ...] = ()
    required: bool = True
    not_below: dict[str, str] = Field(default_factory=dict)
    """Numbers that cannot be lower than another answer of the item: the worst pain than the pain now."""
    between: dict[str, tuple[int, int]] = Field(default_factory=dict)
    """The lowest and highest number that a person can mean: 2024 for "years since" is a slip, and no long time."""
    within_days: dict[str, Annotated[int, Field(ge=1)]] = Field(default_factory=dict)
    """How long ago the question asks about: a date further back is a slip of the year, and no old story."""
    rules: tuple[ScreeningRule, ...] = ()
    unsure: Outcome | None = None
    rationale: str = ""
    basis: str = ""
    conf: str = ""
    params: dict[str, Any] = Field(default_factory=dict)
    convention: tuple[str, ...] = ()
    src: tuple[str, ...] = ()


class DefaultUnsure(Strict):
    """What "unsure" means on an item that does not say so itself; also what a blank means (ALG-8)."""

    disposition: Disposition
    owner: str = Field(alias="from")
    document: str
    urgency: Urgency | None = None
    scope: Scope = Scope.plan


class Completion(Strict):
    """Who fills the form in, and how old it may be at the first session."""

    by: str = ""
    max_age_days_before_first_session: Days = 14
    sign: str = ""


_ITEM_OR_SPAN = re.compile(r"\b([A-Z]+-)(\d+)(?:\.\.(?:[A-Z]+-)?(\d+))?\b")


def items_named(prose: str) -> tuple[str, ...]:
    """The item ids that a sentence of the pack names, spans such as SCR-01..SCR-09 spelt out."""
    named = []
    for prefix, first, last in _ITEM_OR_SPAN.findall(prose):
        numbers = range(int(first), int(last or first) + 1)
        named += [f"{prefix}{number:0{len(first)}}" for number in numbers]
    return tuple(dict.fromkeys(named))


_LIMIT = re.compile(r"^gte_(\d+)$")


class DayCheck(Strict):
    """A question asked before every session.

    A number is severe from `severe_from` on, which the pack writes into a key (`gte_8`); what follows is `on_severe`.
    `repeat` names the screening items of a yes where `any_yes` leaves them to the reader.
    """

    id: str
    q: str
    any_yes: str = ""
    on_no: str = Field(default="", alias="no")
    severe_from: int | None = None
    on_severe: str = ""
    feeds: str = ""
    repeat: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _limit_in_key(cls, raw: Any) -> Any:
        if not isinstance(raw, dict):
            return raw
        limits = {key: found for key in raw if (found := _LIMIT.match(str(key)))}
        if len(limits) > 1:
            raise ValueError(f"states several limits, {', '.join(limits)}; keep one")
        for key, found in limits.items():
            rest = {name: value for name, value in raw.items() if name != key}
            return {**rest, "severe_from": int(found.group(1)), "on_severe": raw[key]}
        return raw

    @property
    def repeats(self) -> tuple[str, ...]:
        """The screening items to ask again on a yes."""
        return items_named(self.any_yes) or self.repeat


class Contradiction(Strict):
    """Answers that cannot both be so: the question to `ask` again goes to a person (P2).

    With `profiles` or `conditions` they are answers that cannot be so of a plan with one of these. `why` is told to
    that person.
    """

    id: str
    when: Predicate
    ask: str
    profiles: tuple[str, ...] = ()
    conditions: tuple[str, ...] = ()
    why: str = ""


class Screening(Strict):
    """The whole form."""

    questionnaire_id: str
    version: str
    intro: str = ""
    default_unsure: DefaultUnsure
    subfield_rule: str = ""
    completion: Completion = Completion()
    items: tuple[ScreeningItem, ...]
    session_day_check: tuple[DayCheck, ...] = ()
    contradictions: tuple[Contradiction, ...] = ()


class IntakeField(Strict):
    """A question of the intake besides screening: goals, history, contacts."""

    id: str
    q: str
    type: str
    options: tuple[str, ...] = ()
    max: int | None = None
    feeds: str = ""


class Intake(Strict):
    """The intake's own questions."""

    fields: tuple[IntakeField, ...] = ()
