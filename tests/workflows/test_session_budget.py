"""What an ordinary session costs, counted from history: a budget that no change may quietly exceed."""

from __future__ import annotations

import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, time
from statistics import fmean
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.clients import a_plan
from bench.clinic import Clinic, ClinicPlan, open_clinic
from bench.sessions import Stretch, begin, counted_sessions, settle_in, steady
from cli.embedded.temporal import EmbeddedTemporal
from tests.workflows.care_walk import on, ordinary_monday

ACTIONS = 14
EVENTS = 70
SESSIONS = 6
ROUTINE_ACTIONS = 4
ROUTINE_EVENTS = 19


@pytest.fixture
async def house(engine: AsyncEngine, clinic: ModuleType, temporal: EmbeddedTemporal) -> AsyncIterator[Clinic]:
    """The whole clinic at work, with a text channel over HTTP, encryption and PostgreSQL."""
    async with open_clinic(engine, temporal.address) as opened:
        yield opened


async def _in_rhythm(house: Clinic, *routine: str) -> ClinicPlan:
    """A plan past its first three sessions; of the routine questions only these rules ask.

    It begins on a Thursday and its visits are on Tuesdays, so that a weekly question falls between two visits and
    not among the texts of one.
    """
    begins = on(ordinary_monday(datetime.now(UTC)), time(12), days_later=3)
    state = a_plan(0, begins)
    asked = [rule for rule in state.protocol.routine if rule.rule in routine]
    assert len(asked) == len(routine)
    plan = await house.open(state, **steady(state.protocol, *asked))
    await house.advance(plan, to=begins)
    await begin(house, plan)
    await settle_in(house, plan)
    return plan


def _show(stretches: list[Stretch]) -> None:
    """For whoever runs this with -s, or reads why it failed."""
    sys.stdout.writelines(f"{one}\n" for one in stretches)


def _within_a_run(stretches: list[Stretch]) -> list[Stretch]:
    """Those whose cost is all their own; continue-as-new is shared by every session of its run."""
    within = [one for one in stretches if not one.starts_a_run]
    assert within
    return within


@pytest.mark.slow
async def test_an_ordinary_session_costs_at_most_14_actions_and_70_events(house: Clinic) -> None:
    plan = await _in_rhythm(house)
    stretches = await counted_sessions(house, plan, SESSIONS)
    _show(stretches)
    assert any(one.starts_a_run for one in stretches), "continue-as-new must be among what is counted"
    assert fmean(one.cost.actions for one in stretches) <= ACTIONS
    assert fmean(one.cost.events for one in stretches) <= EVENTS
    for one in _within_a_run(stretches):
        assert one.cost.actions <= ACTIONS, one.session
        assert one.cost.events <= EVENTS, one.session
        assert one.cost.retries == 0, one.session
    state = await house.state(plan)
    assert state.progress.sessions_completed == 3 + SESSIONS
    assert not state.alerts, "an ordinary session needs nobody"


@pytest.mark.slow
async def test_a_weekly_question_adds_four_actions(house: Clinic) -> None:
    plan = await _in_rhythm(house, "SCH-3")
    stretches = await counted_sessions(house, plan, 3)
    _show(stretches)
    for one in _within_a_run(stretches):
        assert one.cost.actions <= ACTIONS + ROUTINE_ACTIONS, one.session
        assert one.cost.events <= EVENTS + ROUTINE_EVENTS, one.session
    assert not (await house.state(plan)).alerts, "an answered question needs nobody"
