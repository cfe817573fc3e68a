"""Many simulated lives, on one core or on several: told in the same order, so that the cores change no figure."""

from __future__ import annotations

import gc
import os
import signal
import sys
import time
from collections.abc import Generator, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import closing, contextmanager
from itertools import repeat
from multiprocessing import get_context
from typing import Any, Final, NamedTuple

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from care.simulation.assumptions import Assumptions
from care.simulation.report import Tally
from care.simulation.running import lives
from care.simulation.story import Story
from care.simulation.world import World
from schemas.rules import RulePack

_SHARE: Final = 100  # lives that a core plays before it hands them over
_YOUNG: Final = 0  # what a share has left behind; older things are those that all lives share
_WORTH_A_PROCESS: Final = 400  # lives; a process takes as long to start as a hundred of them
_SHOWN_A_SECOND: Final = 2  # drawing the bar costs as much as a third of a life


class Clinic(NamedTuple):
    """What lives are played in: a rule pack, what is assumed of people, and the seed that tells its clients apart."""

    pack: RulePack
    assumptions: Assumptions
    seed: int


def cores_here() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


class Played(NamedTuple):
    """What the lives came to, and the seconds that they took on so many cores."""

    total: Tally
    seconds: float
    cores: int

    def figures(self) -> dict[str, Any]:
        """The report as data."""
        return self.total.figures(self.seconds, self.cores)


def played(clinic: Clinic, plans: int, weeks: int, *, cores: int, quiet: bool) -> Played:
    """All lives, with a bar on a terminal; on as many of the cores as there is work for."""
    total, cores = Tally(), max(1, min(cores, plans // _WORTH_A_PROCESS))
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    bar = Progress(
        *columns,
        console=Console(stderr=True),
        disable=quiet or not sys.stderr.isatty(),
        refresh_per_second=_SHOWN_A_SECOND,
    )
    begun = time.perf_counter()
    with bar as progress, closing(_stories(clinic, plans, weeks, cores)) as stories:
        task = progress.add_task(clinic.pack.version, total=plans)
        for story in stories:
            total.add(story)
            progress.advance(task)
    return Played(total, time.perf_counter() - begun, cores)


def _stories(clinic: Clinic, plans: int, weeks: int, cores: int) -> Generator[Story, None, None]:
    shares = [range(first, min(first + _SHARE, plans)) for first in range(0, plans, _SHARE)]
    if cores == 1:
        world = World(*clinic)
        with _collected_rarely():
            for share in shares:
                yield from lives(world, share, weeks)
                gc.collect(_YOUNG)
        return
    # A fresh process for each core: one that is forked would inherit the bar's thread half-way.
    with ProcessPoolExecutor(cores, get_context("spawn"), initializer=_settle, initargs=(clinic,)) as pool:
        for stories in pool.map(_play, shares, repeat(weeks)):
            yield from stories


@contextmanager
def _collected_rarely() -> Iterator[None]:
    """The collector of cycles looks after each share only."""
    _leave_uncollected()
    try:
        yield
    finally:
        gc.enable()
        gc.unfreeze()


def _leave_uncollected() -> None:
    """Until it is called for: the collector of cycles would walk the rule pack again and again."""
    gc.collect()
    gc.freeze()
    gc.disable()


# -- in a process of its own --------------------------------------------------------------------------

_settled: World


def _settle(clinic: Clinic) -> None:
    """Build the world that this process plays its shares in; an interrupt is for whoever waits for them."""
    global _settled  # noqa: PLW0603 - a process plays in one world, and a share arrives with nothing but its numbers
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _settled = World(*clinic)
    _leave_uncollected()


def _play(share: range, weeks: int) -> list[Story]:
    stories = list(lives(_settled, share, weeks))
    gc.collect(_YOUNG)
    return stories
