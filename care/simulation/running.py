"""Many lives: the same seed and pack give the same lives, one after the other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import timedelta

from care.simulation.life import Life
from care.simulation.story import Story
from care.simulation.world import World


def lives(world: World, numbers: Iterable[int], weeks: int) -> Iterator[Story]:
    """One story a plan, in order of the client's number, as each comes to its end."""
    for number in numbers:
        yield one_life(world, number, weeks)


def one_life(world: World, number: int, weeks: int) -> Story:
    """The life of the client with this number."""
    person, opened = world.person(number, weeks)
    plan = world.plan(number, person, opened)
    return Life(plan, opened, person, world).run(opened + timedelta(weeks=weeks))
