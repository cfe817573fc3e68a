"""One simulated client: who they are, how they fare and what they would answer. The same seed is the same person."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, TypeVar

from care.simulation.assumptions import Answering, Assumptions, Findings, Range, Recovery, Spells

W = TypeVar("W", Answering, Recovery, Findings)
_WEEK, _DAY, _NO_TIME = timedelta(weeks=1), timedelta(days=1), timedelta()
_LEAST_PAIN = 0.5
_PAIN_EASES_FASTER = 1.3
NEVER = timedelta(days=36500)

Spell = tuple[timedelta, timedelta, float]
"""From when to when something is over a client, and how much it adds."""


def drawn(rng: random.Random, low_high: Range) -> float:
    """A number between the two."""
    low, high = low_high
    return low + (high - low) * rng.random()


def one_of(rng: random.Random, kinds: Sequence[W]) -> W:
    """One of several kinds by their shares."""
    return rng.choices(kinds, [one.share for one in kinds])[0]


def named(rng: random.Random, weights: dict[str, float]) -> str:
    """One name by its weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


class Person:
    """A client. Everything about their course is drawn at the start; day-to-day chance as it comes."""

    def __init__(self, assumptions: Assumptions, rng: random.Random, weeks: int) -> None:
        habits = assumptions.clients
        self.rng = rng
        self.habits = habits
        self.weeks = weeks
        self.texts = rng.random() >= habits.telephone_only
        self.age = round(drawn(rng, habits.ages))
        self.profile = named(rng, habits.profiles)
        condition = named(rng, habits.conditions)
        self.condition = None if condition == "none" else condition
        self.region = named(rng, habits.regions)
        self.pain = round(drawn(rng, habits.pain))
        self.goal = round(drawn(rng, habits.goal), 1)
        self.answers = one_of(rng, habits.answering).answers
        self.recovery = one_of(rng, habits.recovery)
        self.home_days = drawn(rng, habits.home_days)
        self.findings = one_of(rng, assumptions.findings)
        self.flares = self._spells(habits.flare)
        self.silences = self._spells(habits.silence)
        self.opts_out_after = self._first(habits.opts_out_per_week)
        self.withdraws_after = self._first(habits.withdraws_per_week)

    def next_alarm(self) -> timedelta:
        """How long it takes until something next alarms them."""
        return self._first(self.habits.alarm_per_week)

    def _first(self, per_week: float) -> timedelta:
        return _WEEK * self.rng.expovariate(per_week) if per_week else NEVER

    def _spells(self, kind: Spells) -> list[Spell]:
        found, at = [], self._first(kind.per_week)
        while at < _WEEK * self.weeks:
            lasts = timedelta(days=drawn(self.rng, kind.days))
            found.append((at, at + lasts, drawn(self.rng, kind.adds)))
            at += lasts + self._first(kind.per_week)
        return found

    def chance(self, share: float) -> bool:
        """Whether something with this chance happens."""
        return self.rng.random() < share

    def form(self, all_clear: dict[str, dict[str, Any]], today: datetime) -> dict[str, dict[str, Any]]:
        """The screening form as this client fills it in."""
        answers = {
            **all_clear,
            "SCR-16": {"value": self.pain, "worst_24h": min(10, self.pain + 1), "sharp": "no"},
            "SCR-24": {"value": self.age},
        }
        for item, given in self.findings.answers.items():
            answers[item] = {name: _dated(value, today) for name, value in given.items()}
        return answers

    # -- how they fare ----------------------------------------------------------------------------------

    def share(self, since: timedelta) -> float:
        """How far along the way to the goal, so long after the start; 1 is there, more is beyond."""
        gone = since / _WEEK / self.recovery.weeks
        return self.recovery.reaches * (1 - math.exp(-2 * gone))

    def pain_at(self, since: timedelta) -> int:
        """Pain, 0-10."""
        eased = min(1.0, self.share(since) * _PAIN_EASES_FASTER)
        worse = sum(_under_way(self.flares, since))
        return self._score(self.pain - (self.pain - _LEAST_PAIN) * eased + worse)

    def goal_at(self, since: timedelta) -> float:
        """The goal activity, 0-10, as taken at a visit."""
        way = (self.habits.goal_target - self.goal) * self.share(since)
        return min(10.0, max(0.0, round(self.goal + way + self._chance_of_the_day() / 2, 1)))

    def _flare_days(self, since: timedelta) -> int:
        week_ago = since - _WEEK
        lasted = [min(end, since) - max(start, week_ago) for start, end, _ in self.flares]
        return min(7, math.ceil(sum([time for time in lasted if time > _NO_TIME], _NO_TIME) / _DAY))

    def _chance_of_the_day(self) -> float:
        return self.rng.gauss(0, self.habits.day_to_day)

    def _score(self, value: float) -> int:
        score = round(value + self._chance_of_the_day())
        return 0 if score < 0 else 10 if score > 10 else score

    # -- what they answer -------------------------------------------------------------------------------

    def answers_at(self, since: timedelta) -> bool:
        """Whether a question asked now is answered."""
        return self.chance(self.answers) and not _under_way(self.silences, since)

    def words(self, question: str | None, since: timedelta) -> str:
        """The reply to a question; to a visit's reminder without one."""
        if self.chance(self.habits.odd_reply):
            return self.rng.choice(self.habits.odd_words)
        return _REPLIES.get(question or "", Person._confirms)(self, since)

    def _confirms(self, since: timedelta) -> str:  # noqa: ARG002 - one of the replies
        return "1"

    def _well(self, since: timedelta) -> str:  # noqa: ARG002
        return "NO"

    def _pain_reply(self, since: timedelta) -> str:
        return str(self.pain_at(since))

    def _soreness(self, since: timedelta) -> str:  # noqa: ARG002
        return str(self._score(2))

    def _goal_reply(self, since: timedelta) -> str:
        return str(round(self.goal_at(since)))

    def _flare_reply(self, since: timedelta) -> str:
        return str(self._flare_days(since))

    def _home_reply(self, since: timedelta) -> str:  # noqa: ARG002
        return str(min(7, self._score(self.home_days)))

    def _better(self, since: timedelta) -> str:
        return str(self._score(5 + 4 * min(1.0, self.share(since))))


_REPLIES = {
    "CHK-CHANGE": Person._well,
    "CHK-PAIN": Person._pain_reply,
    "CHK-STIFF": Person._pain_reply,
    "CHK-SORE": Person._soreness,
    "CHK-GOAL": Person._goal_reply,
    "CHK-FLARE": Person._flare_reply,
    "CHK-HOME": Person._home_reply,
    "CHK-BETTER": Person._better,
}


def _under_way(spells: list[Spell], since: timedelta) -> list[float]:
    """What the spells add that are over a client at a moment; empty for none."""
    return [adds for start, end, adds in spells if start <= since < end]


def _dated(value: Any, today: datetime) -> Any:
    if isinstance(value, dict) and "days_ago" in value:
        return today.date() - timedelta(days=int(value["days_ago"]))
    return value
