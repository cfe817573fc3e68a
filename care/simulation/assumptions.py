"""How simulated clients and their clinic behave: `clients.yaml`, checked."""

from __future__ import annotations

from dataclasses import field
from datetime import date
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

import yaml
from pydantic import Field, ValidationError

from schemas.made import Made, made
from schemas.protocol import OpeningSpan, SiteHours
from schemas.rules_texting import QuotedTime

Chance = Annotated[float, Field(ge=0, le=1)]
Weight = Annotated[float, Field(ge=0)]
Rate = Annotated[float, Field(ge=0)]
Range = tuple[float, float]


class AssumptionError(ValueError):
    """The file of assumptions cannot be used; the sentence says where and why."""


@made
class ClinicHabits(Made, extra="forbid"):
    """How fast and how reliably the clinic acts. Minutes are staffed minutes."""

    zone: str
    weekdays: tuple[int, ...]
    opens: QuotedTime
    closes: QuotedTime
    starts: date
    acknowledges_after: Range
    closes_after: Range
    decides_after: Range
    overlooks: Chance
    letter_after: Range
    letter_clears: Chance
    agrees: Chance
    records_at_once: Chance
    reached_by_phone: Chance
    few_visits_enough: Chance
    moments_late: Annotated[float, Field(ge=0, le=60)] = 0.3

    @property
    def hours(self) -> SiteHours:
        """When the clinic is staffed."""
        spans = (OpeningSpan(weekday=day, opens=self.opens, closes=self.closes) for day in self.weekdays)
        return SiteHours(zone=self.zone, spans=tuple(spans))


@made
class Answering(Made, extra="forbid"):
    """A kind of client: the chance that a question is answered."""

    share: Weight
    answers: Chance


@made
class Recovery(Made, extra="forbid"):
    """A course: how many weeks it takes, and the share of the way to the goal that it ends at."""

    share: Weight
    weeks: Annotated[float, Field(gt=0)]
    reaches: float


@made
class Spells(Made, extra="forbid"):
    """Something that comes over a client for days: a flare-up, a silence."""

    per_week: Rate
    days: Range
    adds: Range = (0, 0)


@made
class ClientHabits(Made, extra="forbid"):
    """Who comes, how they fare and how they answer."""

    telephone_only: Chance
    ages: Range
    profiles: dict[str, Weight]
    conditions: dict[str, Weight]
    regions: dict[str, Weight]
    pain: Range
    goal: Range
    goal_target: float
    answering: Annotated[tuple[Answering, ...], Field(min_length=1)]
    answers_after_hours: Range
    says_which_after_hours: Range
    recovery: Annotated[tuple[Recovery, ...], Field(min_length=1)]
    day_to_day: Annotated[float, Field(ge=0)]
    flare: Spells
    silence: Spells
    home_days: Range
    no_show: Chance
    late_cancel: Chance
    odd_reply: Chance
    alarm_per_week: Rate
    opts_out_per_week: Rate
    withdraws_per_week: Rate
    odd_words: Annotated[tuple[str, ...], Field(min_length=1)]
    alarming_words: Annotated[tuple[str, ...], Field(min_length=1)]


@made
class Findings(Made, extra="forbid"):
    """Answers that differ from an all-clear form. A date may be given as `{days_ago: 30}`."""

    share: Weight
    answers: dict[str, dict[str, Any]] = field(default_factory=dict)


@made
class Assumptions(Made, extra="forbid"):
    """All of it."""

    clinic: ClinicHabits
    clients: ClientHabits
    findings: Annotated[tuple[Findings, ...], Field(min_length=1)]


def read_assumptions(text: str, name: str) -> Assumptions:
    """The assumptions in a text. AssumptionError names the place and the reason."""
    try:
        return Assumptions.read(yaml.safe_load(text))
    except yaml.YAMLError as error:
        raise AssumptionError(f"{name} is not valid YAML: {str(error).partition(chr(10))[0]}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise AssumptionError(f"{name}: {place}: {first['msg']}") from error


@cache
def usual_assumptions() -> Assumptions:
    """The assumptions that ship with the product."""
    name = "clients.yaml"
    return read_assumptions(files("care.simulation").joinpath(name).read_text(encoding="utf-8"), name)
