"""Many plans living through visits at once: the real ones and the bare ones, driven by the same hand."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final, Protocol
from zoneinfo import ZoneInfo

from temporalio.client import Client

from bench import bare_plan
from bench.bare_plan import BareState
from bench.clinic import Clinic, ClinicPlan, staff
from bench.sessions import attended, begin
from cli.playing.clock import PlanClock
from database import inbound
from database.demo_clinic import ZONE
from database.inbound import ArrivedText
from schemas import names
from schemas.plan import PlanState
from worker.routing import route_inbound

_ZONE: Final = ZoneInfo(ZONE)
_DAY_THREE_ANSWERED: Final = timedelta(days=3, hours=8)
_PATIENCE: Final = 120.0
_ORDER_BYTES: Final = 300


class Deed(StrEnum):
    """What people do about a visit."""

    confirm = "confirm"
    attend = "attend"
    answer = "answer"


_WHEN: Final = {
    Deed.confirm: timedelta(hours=-70),
    Deed.attend: timedelta(hours=1),
    Deed.answer: timedelta(hours=26),
}
_TEXTED: Final = {Deed.confirm: "1", Deed.answer: "2"}


class Visits(Protocol):
    """One plan's visits, counted from 1, and what its people do about each."""

    clock: PlanClock
    workflow_id: str
    first: datetime

    async def do(self, deed: Deed, number: int) -> None:
        """Do one thing about one visit."""


def instant_of(visits: Visits, number: int, deed: Deed | None = None) -> datetime:
    """When a visit is, week by week at the same local time; or when something is done about it."""
    local = visits.first.astimezone(_ZONE) + timedelta(weeks=number - 1)
    return local.astimezone(UTC) + (_WHEN[deed] if deed else timedelta())


async def live_through(everyone: Iterable[Visits], numbers: range) -> None:
    """Every plan lives through these visits, all plans at once, each at its own pace."""
    await asyncio.gather(*(_live(visits, numbers) for visits in everyone))


async def _live(visits: Visits, numbers: range) -> None:
    for number in numbers:
        for deed in Deed:
            # Time stands still while an activity runs, so what was due before an instant is done at it.
            async with asyncio.timeout(_PATIENCE):
                await visits.clock.advance_to(instant_of(visits, number, deed))
                await visits.do(deed, number)


class PlanVisits:
    """A real plan: texts are stored and routed as the webhook does, commands go through the plan client."""

    def __init__(self, clinic: Clinic, plan: ClinicPlan, state: PlanState) -> None:
        self.clock = plan.clock
        self._clinic = clinic
        self.plan = plan
        self.workflow_id = names.plan_workflow_id(plan.id)
        self.first = state.protocol.first_session_at
        self._therapist = staff(state.protocol.therapist_id)

    @classmethod
    async def begun(cls, clinic: Clinic, state: PlanState) -> PlanVisits:
        """A plan that has been opened, approved, and has its first visit behind it."""
        plan = await clinic.open(state)
        await begin(clinic, plan)
        visits = cls(clinic, plan, state)
        await live_through([visits], range(1, 2))
        third_day = instant_of(visits, 1) + _DAY_THREE_ANSWERED
        await visits.clock.advance_to(third_day)
        await visits._text("5", third_day)
        return visits

    async def do(self, deed: Deed, number: int) -> None:
        """Text, or record the outcome, on which the taper is evaluated."""
        if deed in _TEXTED:
            await self._text(_TEXTED[deed], instant_of(self, number, deed))
        else:
            await self._clinic.command(self.plan, self._therapist, attended(number))

    async def _text(self, body: str, at: datetime) -> None:
        engine = self._clinic.engine
        arrived = ArrivedText(
            provider_sid=names.new_id(),
            from_number=self.plan.mobile or "",
            to_number=self._clinic.gateway.number,
            body=body,
            num_media=0,
            raw={},
            received_at=at,
        )
        stored = await inbound.store(engine, arrived)
        await route_inbound(engine, self._clinic.parts.plans, stored.id)


class BareVisits:
    """A bare plan: an update where the real one takes a text or a command."""

    def __init__(self, client: Client, plan_id: str, first: datetime) -> None:
        self.clock = PlanClock(client, plan_id)
        self.workflow_id = names.plan_workflow_id(plan_id)
        self.first = first
        self._handle = client.get_workflow_handle(self.workflow_id)

    @classmethod
    async def begun(cls, client: Client, first: datetime, count: int) -> BareVisits:
        """A bare plan that has its first of `count` visits behind it."""
        visits = cls(client, f"bare-{names.new_id()}", first)
        state = BareState([instant_of(visits, number).isoformat() for number in range(1, count + 1)])
        await client.start_workflow(
            bare_plan.WORKFLOW, state, id=visits.workflow_id, task_queue=bare_plan.QUEUE
        )
        await live_through([visits], range(1, 2))
        await visits.clock.advance_to(instant_of(visits, 1) + _DAY_THREE_ANSWERED)
        return visits

    async def do(self, deed: Deed, number: int) -> None:
        """One update."""
        order = f"{deed} {number}".ljust(_ORDER_BYTES)
        await self._handle.execute_update(bare_plan.VISIT, order, id=names.new_id())
