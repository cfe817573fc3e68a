"""The clinic's clock: the world's, until a demo moves it ahead; every process of the machine reads the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from schemas.settings import Environment, Settings
from worker.clinic_clock import ClinicClock

DAY = timedelta(days=1)
MOMENT = timedelta(seconds=5)


@pytest.fixture
def moves(tmp_path: Path) -> Path:
    """Where a demo keeps its moves."""
    return tmp_path / "clock.jsonl"


def test_without_a_demo_the_clinic_lives_in_the_world_s_time_and_cannot_leave_it() -> None:
    clock = ClinicClock(None)
    assert clock.ahead() == timedelta()
    assert not clock.moving
    with clock.held() as ours:
        assert not ours
    with pytest.raises(ValueError, match="in a demo only"):
        clock.move_to(datetime.now(UTC) + DAY)


def test_a_move_reaches_every_process_and_outlives_them(moves: Path) -> None:
    api, worker = ClinicClock(moves), ClinicClock(moves)
    assert worker.ahead() == timedelta()
    api.move_to(datetime.now(UTC) + 30 * DAY)
    assert abs(worker.ahead() - 30 * DAY) < MOMENT
    assert ClinicClock(moves).ahead() == worker.ahead(), "a restart finds the clinic's date again"


def test_time_never_goes_back(moves: Path) -> None:
    clock = ClinicClock(moves)
    clock.move_to(datetime.now(UTC) + 2 * DAY)
    clock.move_to(datetime.now(UTC) + DAY)
    assert clock.ahead() > DAY


def test_a_text_is_shown_at_the_clinic_s_time_of_when_it_came(moves: Path) -> None:
    clock, before = ClinicClock(moves), datetime.now(UTC) - DAY
    clock.move_to(datetime.now(UTC) + 7 * DAY)
    arrived = datetime.now(UTC)
    clock.move_to(datetime.now(UTC) + 9 * DAY)
    assert clock.shown(before) == before, "what came before the first move came in the world's time"
    assert abs(clock.shown(arrived) - arrived - 7 * DAY) < MOMENT


def test_one_at_a_time_moves_the_clinic_s_time(moves: Path) -> None:
    visitor, seeding = ClinicClock(moves), ClinicClock(moves)
    with seeding.held() as ours:
        assert ours
        assert visitor.moving
        with visitor.held() as theirs:
            assert not theirs
    assert not visitor.moving


def test_production_refuses_to_start_with_a_clock_that_could_be_moved(moves: Path) -> None:
    with pytest.raises(ValueError, match="LIMBER_DEMO_CLOCK"):
        Settings(
            environment=Environment.PRODUCTION,
            database_url="postgresql://limber@db/limber",
            temporal_address="temporal:7233",
            public_url="https://clinic.example",
            encryption_key_list="k:" + "A" * 43 + "=",
            demo_clock=moves,
        )
