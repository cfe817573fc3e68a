"""The part of a rule pack that texts: messages, check-in questions, their schedule, how replies are read."""

from __future__ import annotations

from datetime import time
from enum import StrEnum
from typing import Annotated, Any

from pydantic import BeforeValidator, Field

from schemas.base import LONGEST_DAYS, Days, Strict
from schemas.rules_form import NoneWord
from schemas.screening import Urgency
from schemas.taper import Step


def _quoted_time(value: Any) -> Any:
    if isinstance(value, str | time):
        return value
    raise ValueError(f"a time must be quoted, like '20:00' (read as {value!r})")


_Hours = Annotated[float, Field(gt=0, le=24 * LONGEST_DAYS)]
QuotedTime = Annotated[time, BeforeValidator(_quoted_time)]


class Message(Strict):
    """A text to a client; {clinic} and {phone} are filled in."""

    urgency: Urgency
    text: str = Field(min_length=1)


class Nation(StrEnum):
    """The nations of the United Kingdom: whom to ring for advice differs between them."""

    england = "england"
    wales = "wales"
    scotland = "scotland"
    northern_ireland = "northern_ireland"


class NationWords(Strict):
    """Whom clients in a nation ring. `texts` are the messages that read differently there, whole, by their id."""

    advice_line: str = ""
    mental_health: str = ""
    texts: dict[str, str] = Field(default_factory=dict)


class QuietHours(Strict):
    """No routine text goes out from `start` until `end`, local time of `timezone`."""

    start: QuotedTime
    end: QuotedTime
    timezone: str


class Reminders(Strict):
    """How often and when an unanswered question is asked again."""

    count: int = Field(ge=0)
    after_hours: _Hours


class Question(Strict):
    """A check-in: one question, one number back, within `range`."""

    id: str
    measure: Annotated[str | None, NoneWord] = None
    text: str = Field(min_length=1)
    range: tuple[int, int] = (0, 10)


class ScheduleRule(Strict):
    """When a question is asked. `when` is for people; the rest is the same thing for the engine."""

    id: str
    ask: Annotated[str | None, NoneWord] = None
    when: str
    days_after_session: Days | None = None
    hours_after_session: tuple[_Hours, _Hours] | None = None
    first_sessions: int | None = Field(default=None, ge=1)
    after_step_change: bool = False
    after_new_technique: bool = False
    if_sore_at_least: int | None = Field(default=None, ge=0, le=10)
    every_days: dict[Step, Days] = Field(default_factory=dict)
    fixed_weekday: bool = False
    gap_hours: dict[str, _Hours] = Field(default_factory=dict)
    days_before_session: Days | None = None
    days_before_review: Days | None = None


class NumberAlertRule(Strict):
    """An answer that needs a person. `if` is an expression over the score and its history."""

    id: str
    applies_to: tuple[str, ...] = Field(min_length=1)
    condition: str = Field(alias="if")
    urgency: Urgency
    message: Annotated[str | None, NoneWord] = None
    note: str = ""


class KeywordGroup(Strict):
    """Words that mean something is wrong. The first listed of two equally urgent groups wins the message."""

    id: str
    urgency: Urgency
    message: Annotated[str | None, NoneWord] = None
    never_downgrade: bool = False
    scr: tuple[str, ...] = ()
    patterns: tuple[str, ...] = Field(min_length=1)
    note: str = ""


class OptOut(Strict):
    """The words that stop routine texts; a whole message only."""

    match: str
    action: str = ""


class Parser(Strict):
    """How replies are read, in words; the keys that begin with `negation_` are the engine's part."""

    steps: tuple[str, ...] = ()
    negation: str = ""
    always: str = ""
    negation_words: tuple[str, ...] = ()
    negation_stops: tuple[str, ...] = ()
    negation_reach: int = Field(default=3, ge=1)


class SmsCheckins(Strict):
    """Everything about texts to and from clients."""

    consent: str = ""
    number: str = ""
    quiet_hours: QuietHours
    max_routine_per_7_days: int = Field(ge=1)
    reply_window_hours: _Hours
    reminders: Reminders
    questions: tuple[Question, ...]
    schedule: tuple[ScheduleRule, ...]
    response_expectations: dict[str, Any] = Field(default_factory=dict)
    parser: Parser
    number_alerts: tuple[NumberAlertRule, ...]
    keyword_groups: tuple[KeywordGroup, ...]
    opt_out: OptOut
    keyword_tests: tuple[dict[str, Any], ...] = ()
