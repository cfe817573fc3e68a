"""What all lives of one simulation share: the rule pack, the clinic's habits, and plans to begin with."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache, partial
from typing import Any

from care.booking import LEAD
from care.goals import FIRST_GOAL
from care.local_time import instant, local
from care.opening import new_plan
from care.protocol import resolve
from care.replies import read
from care.screening import screen
from care.simulation.assumptions import Assumptions
from care.simulation.person import Person
from schemas.goals import Measure
from schemas.plan import PlanState
from schemas.protocol import ChainLink, Protocol
from schemas.rules import RulePack
from schemas.rules_form import NUMBER_TYPES, AnswerType, ScreeningItem, SubField
from schemas.screening import ScreeningResult

_NEGATIVE = ("no", "none")
_FIRST_HOUR, _LAST_HOUR = 9, 16
_READINGS_KEPT = 4096


class World:
    """One rule pack and one clinic. The same number gives the same client under every pack."""

    def __init__(self, pack: RulePack, assumptions: Assumptions, seed: int) -> None:
        self.pack = pack
        self.assumptions = assumptions
        self.habits = assumptions.clinic
        self.seed = seed
        self.all_clear = {item.id: _nothing_wrong(item) for item in pack.screening.items}
        self.opening_day = datetime.combine(self.habits.starts, time(), tzinfo=UTC)
        self._hours = self.habits.hours
        self._chain = tuple(
            ChainLink(role=role, staff_id=f"staff-{place}")
            for place, role in enumerate(pack.enums.escalation_chain)
        )
        self.read = lru_cache(maxsize=_READINGS_KEPT)(partial(read, pack))
        self._well = lru_cache(maxsize=_READINGS_KEPT)(self._screened_well)

    def person(self, number: int, weeks: int) -> tuple[Person, datetime]:
        """A client by number, and when they hand in their form."""
        rng = random.Random(f"{self.seed}/{number}")  # noqa: S311 - chance, not secrets
        person = Person(self.assumptions, rng, weeks)
        opened = self.opening_day + timedelta(days=rng.randrange(7), hours=rng.randrange(8, 20))
        return person, opened

    def well_again(self, age: int, plan: Protocol, today: date) -> ScreeningResult:
        """What a form finds with which nothing is wrong. It names no dates, so that only its own day differs."""
        return self._well(age, plan.target_regions, plan.profile, plan.condition).but(evaluated_on=today)

    def _screened_well(
        self, age: int, targets: tuple[str, ...], profile: str, condition: str | None
    ) -> ScreeningResult:
        form = {**self.all_clear, "SCR-24": {"value": age}}
        day = self.opening_day.date()
        return screen(self.pack, form, day, targets, profile=profile, condition=condition)

    def plan(self, number: int, person: Person, now: datetime) -> PlanState:
        """The plan that the client's form opens."""
        targets = (person.region,)
        result = screen(
            self.pack,
            person.form(self.all_clear, now),
            now.date(),
            targets,
            profile=person.profile,
            condition=person.condition,
        )
        measure = self.pack.measures[FIRST_GOAL]
        protocol = resolve(
            self.pack,
            profile=person.profile,
            condition=person.condition,
            screening=result,
            site_id="site",
            hours=self._hours,
            therapist_id=self._chain[0].staff_id,
            room_id="room",
            chain=self._chain,
            first_session_at=self._first_visit(person, now),
            primary=Measure(
                code=FIRST_GOAL,
                baseline=person.goal,
                target=person.habits.goal_target,
                mcid=measure.mcid or 1,
            ),
            pain_baseline=float(person.pain),
            target_regions=targets,
        )
        return new_plan(f"plan-{number}", f"client-{number}", protocol, result, now).but(
            texts_on=person.texts
        )

    def _first_visit(self, person: Person, now: datetime) -> datetime:
        """A whole hour on one of the next days that the clinic is open."""
        day = local(self._hours.zone, now + LEAD).date() + timedelta(days=1)
        open_on = [one for one in range(7) if (day + timedelta(days=one)).weekday() in self.habits.weekdays]
        chosen = day + timedelta(days=person.rng.choice(open_on))
        return instant(self._hours.zone, chosen, time(person.rng.randint(_FIRST_HOUR, _LAST_HOUR)))


def _nothing_wrong(item: ScreeningItem) -> dict[str, Any]:
    """The answers to an item with which nothing is wrong."""
    answers: dict[str, Any] = {"value": _negative(item)}
    if item.type in NUMBER_TYPES:
        answers.update({sub.f: _negative(sub) for sub in item.subfields if not sub.optional})
    return answers


def _negative(asked: ScreeningItem | SubField) -> Any:
    if asked.type in NUMBER_TYPES:
        return _WELL[asked.type]
    word = next((option for option in asked.options if option in _NEGATIVE), None) or asked.options[0]
    return [word] if asked.type is AnswerType.multi else word


_WELL = {AnswerType.int: 0, AnswerType.int_0_10: 3, AnswerType.age_years: 40}
