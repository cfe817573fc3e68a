"""Simulated lives on one core and on several: quicker for who waits, and the same lives."""

from __future__ import annotations

from multiprocessing import active_children
from typing import Final

import pytest

from care.pack import builtin
from care.simulation.assumptions import usual_assumptions
from cli import many_lives
from cli.many_lives import Clinic, played

CLINIC: Final = Clinic(builtin(), usual_assumptions(), seed=5)


def test_lives_on_two_cores_are_the_same_and_told_in_the_same_order(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_lives, "_WORTH_A_PROCESS", 1)
    monkeypatch.setattr(many_lives, "_SHARE", 2)
    alone = played(CLINIC, 5, 6, cores=1, quiet=True)
    shared = played(CLINIC, 5, 6, cores=2, quiet=True)
    assert (alone.cores, shared.cores) == (1, 2)
    assert shared.total == alone.total


def test_a_few_lives_are_played_before_a_second_process_would_have_started() -> None:
    few = played(CLINIC, 3, 1, cores=8, quiet=True)
    assert few.cores == 1
    assert few.figures()["cores"] == 1


def test_who_stops_watching_leaves_no_process_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(many_lives, "_SHARE", 1)
    stories = many_lives._stories(CLINIC, 4, 1, cores=2)
    assert next(stories).weeks > 0
    assert len(active_children()) == 2
    stories.close()
    assert not active_children()
