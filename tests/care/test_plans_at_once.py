"""A worker steps several plans at once, each in its own thread: none may see what belongs to another."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from itertools import accumulate

import pytest

from care.done_keys import keys_done
from care.pack import builtin
from care.simulation.assumptions import usual_assumptions
from care.simulation.running import one_life
from care.simulation.world import World
from care.told import by_question
from schemas.prompts import Answer

_STEPS = 30_000


@pytest.fixture
def hasty_threads() -> Iterator[None]:
    """Threads that give way to each other as often as they can."""
    usual = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(usual)


def _strangers_answers(question: str) -> int:
    """How often a plan that asks one question only is told of another plan's answers."""
    at = datetime(2026, 3, 2, tzinfo=UTC)
    said = [(Answer(question=question, at=at, value=value),) for value in range(10)]
    so_far = list(accumulate(said))
    return sum(set(by_question(so_far[step % 10])) != {question} for step in range(_STEPS))


@pytest.mark.usefixtures("hasty_threads")
def test_a_plan_is_never_told_what_the_client_of_another_has_answered() -> None:
    with ThreadPoolExecutor(2) as plans:
        assert list(plans.map(_strangers_answers, ("CHK-PAIN", "CHK-SORE"))) == [0, 0]


def _strangers_turns(plan: str) -> int:
    """How often a plan is told that something had its turn that is not its own."""
    so_far = [tuple(f"{plan}:{number}" for number in range(step)) for step in range(10)]
    return sum(keys_done(so_far[step % 10]) != set(so_far[step % 10]) for step in range(_STEPS))


@pytest.mark.usefixtures("hasty_threads")
def test_what_had_its_turn_in_a_plan_had_it_in_no_other() -> None:
    with ThreadPoolExecutor(2) as plans:
        assert list(plans.map(_strangers_turns, ("s1", "s2"))) == [0, 0]


@pytest.mark.usefixtures("hasty_threads")
def test_plans_stepped_at_once_go_as_each_would_alone() -> None:
    world, clients = World(builtin(), usual_assumptions(), seed=1), range(24)
    with ThreadPoolExecutor(2) as plans:
        together = list(plans.map(lambda number: one_life(world, number, weeks=26), clients))
    assert together == [one_life(world, number, weeks=26) for number in clients]
