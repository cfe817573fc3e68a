"""A demo's time: plans begin at the clinic's date, and all of them move on together with its clock."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from api.demo_time import Stride
from bench.clients import a_plan, an_intake, mobile_of
from bench.clinic import Clinic, ClinicPlan, open_clinic
from cli.embedded.temporal import EmbeddedTemporal
from cli.playing.people import Staff
from cli.playing.together import MovedClinic, Together
from cli.playing.visitor_time import VISITOR_DECIDES, VisitorTime
from database.events import events_of_plan
from database.intakes import create_plan
from database.plans import mark_started
from schemas.plan import PlanState, Stage
from worker.clinic_clock import ClinicClock

AHEAD = timedelta(days=40)
TOGETHER = timedelta(seconds=20)
"""How far clocks that were moved together may be apart: the plans are moved one after the other, in real time."""


@dataclass(frozen=True)
class Demo:
    """A clinic, its movable clock, and what moves it."""

    clinic: Clinic
    moved: MovedClinic

    @property
    def clock(self) -> ClinicClock:
        """The clinic's clock."""
        return self.moved.clock

    async def apart(self, plan: ClinicPlan) -> timedelta:
        """How far the plan's clock is from the clinic's."""
        return abs(await plan.clock.now() - self.clock.now())


@pytest.fixture
async def demo(
    engine: AsyncEngine,
    clinic: ModuleType,
    temporal: EmbeddedTemporal,
    tmp_path: Path,
) -> AsyncIterator[Demo]:
    """A demo without an API: nobody in it decides or records anything."""
    moves = tmp_path / "clock.jsonl"
    async with open_clinic(engine, temporal.address, demo_clock=moves) as opened:
        staff = Staff("http://127.0.0.1:9", "nobody answers there")
        yield Demo(opened, MovedClinic(ClinicClock(moves), engine, opened.client, staff, opened.gateway.url))
        await staff.close()


async def test_a_plan_begins_at_the_clinic_s_date_not_at_the_world_s(demo: Demo) -> None:
    demo.clock.move_to(datetime.now(UTC) + AHEAD)
    plan = await demo.clinic.open()
    assert await demo.apart(plan) < TOGETHER
    opened = (await events_of_plan(demo.clinic.engine, plan.id))[0].event
    assert opened.at > datetime.now(UTC) + AHEAD - TOGETHER


async def test_all_plans_reach_the_clinic_s_new_time_and_what_was_due_has_happened(demo: Demo) -> None:
    first = await demo.clinic.open()
    demo.clock.move_to(datetime.now(UTC) + timedelta(hours=2))
    second = await demo.clinic.open()
    target = demo.clock.now() + timedelta(days=7)
    together = Together(demo.moved, lambda _plan_id: VISITOR_DECIDES)
    assert await together.pass_to(target)
    await together.close()
    assert together.stuck == []
    assert demo.clock.now() - target < TOGETHER
    for plan in (first, second):
        assert await demo.apart(plan) < TOGETHER
        state: PlanState = await demo.clinic.state(plan)
        assert state.stage is Stage.awaiting_approval
        assert state.approvals[0].escalations > 0, "a decision that nobody took in a week was passed on"


async def test_a_plan_that_was_handed_in_a_moment_ago_is_not_left_behind(demo: Demo) -> None:
    engine, state = demo.clinic.engine, a_plan(0, datetime.now(UTC))
    await create_plan(engine, an_intake(state, mobile_of(0)))
    await demo.clinic.parts.plans.start(state)
    await mark_started(engine, state.plan_id, datetime.now(UTC))
    together = Together(demo.moved, lambda _plan_id: VISITOR_DECIDES)
    assert await together.pass_to(demo.clock.now() + timedelta(hours=30))
    await together.close()
    assert await demo.apart(demo.clinic.plan_of(state.plan_id, state.client_id, mobile_of(0))) < TOGETHER


async def test_a_visitor_moves_time_to_the_next_event(demo: Demo) -> None:
    plan = await demo.clinic.open()
    visitor = VisitorTime(demo.moved)
    visitor.begin(Stride.next_event, staff_decide=False)
    assert await visitor.arrived(timedelta(seconds=30))
    assert visitor.journey is not None
    assert visitor.journey.fault is None
    assert visitor.journey.target is not None
    assert demo.clock.now() > datetime.now(UTC)
    assert (await demo.clinic.state(plan)).seq > 1, "what was due has happened"
    assert await demo.apart(plan) < TOGETHER


async def test_two_cannot_move_time_at_once(demo: Demo) -> None:
    visitor = VisitorTime(demo.moved)
    with ClinicClock(demo.clinic.parts.settings.demo_clock).held() as ours:
        assert ours
        visitor.begin(Stride.day, staff_decide=False)
        assert await visitor.arrived(timedelta(seconds=30))
    assert visitor.journey is not None
    assert "Time is moving already" in (visitor.journey.fault or "")
    assert demo.clock.ahead() == timedelta()
