"""Many plans of one clinic lived forward side by side, with the clinic's clock: a demo's time passes for all."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from cli.playing.clinic import PlayedClinic
from cli.playing.clock import PlanClock
from cli.playing.people import Phone, RequestRefused, Staff
from cli.playing.play import Play
from cli.playing.script import Script
from cli.playing.story import Story
from cli.playing.watch import NotSettled, PlanWatch
from database.demo_plans import PlayedPlan, open_plans
from schemas.settings import Settings, SettingsError
from worker.clinic_clock import ClinicClock

MOST_PLANS: Final = 300
_AT_ONCE: Final = 4
"""How many plans move at the same moment: each looks at itself often."""
_TOGETHER: Final = timedelta(minutes=15)
"""What happens within this while happens in one step, so that a text's time is right to a quarter of an hour."""

Hear = Callable[[datetime], None]
Enough = Callable[[datetime], Awaitable[bool]]


@dataclass(frozen=True)
class MovedClinic:
    """The parts that moving time works with."""

    clock: ClinicClock
    engine: AsyncEngine
    client: Client
    staff: Staff
    gateway_url: str


def moved_clinic(
    settings: Settings, clock: ClinicClock, engine: AsyncEngine, client: Client, api_url: str | None = None
) -> MovedClinic:
    """The parts as the environment names them; raises SettingsError naming what is missing."""
    if settings.api_token is None or settings.twilio_api_url is None:
        raise SettingsError(
            "LIMBER_API_TOKEN, LIMBER_TWILIO_API_URL: a demo's people need both to act; `limber up` sets them, "
            "or unset LIMBER_DEMO_CLOCK"
        )
    url = api_url or f"http://127.0.0.1:{settings.api_port}"
    staff = Staff(url, settings.api_token.get_secret_value())
    return MovedClinic(clock, engine, client, staff, settings.twilio_api_url)


@dataclass
class _Life:
    """A plan that is lived forward, its client's phone, and when something happens in it next."""

    play: Play
    clock: PlanClock
    phone: Phone
    next_at: datetime | None = None


@dataclass
class Together:
    """Every open plan of the clinic. `script_of` says how a plan's people behave, by the plan's id.

    `stuck` says which plans stayed behind and why, `refusals` what people tried and were not allowed to.
    """

    clinic: MovedClinic
    script_of: Callable[[str], Script]
    stuck: list[str] = field(default_factory=list)
    refusals: list[str] = field(default_factory=list)
    _lives: dict[str, _Life] = field(default_factory=dict)
    _elsewhere: set[str] = field(default_factory=set)
    _turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(_AT_ONCE))

    async def first_moment(self) -> datetime | None:
        """When something happens next in any plan; None if nothing does."""
        await self._join_new()
        return min((life.next_at for life in self._lives.values() if life.next_at), default=None)

    async def pass_to(self, target: datetime, hear: Hear | None = None, enough: Enough | None = None) -> bool:
        """Let time pass until `target`, everything due on the way with it; then all plans have that time.

        `hear` is told each moment that is reached. `enough` may end it early at such a moment; False then.
        A plan that gets stuck is left out from then on.
        """
        clock, whole = self.clinic.clock, True
        while (first := await self.first_moment()) is not None and first <= target:
            stop = min(max(first, clock.now()) + _TOGETHER, target)
            clock.move_to(stop)
            due = [life for life in self._lives.values() if life.next_at and life.next_at <= stop]
            await asyncio.gather(*(self._live(life, stop) for life in due))
            if hear is not None:
                hear(stop)
            if enough is not None and await enough(stop):
                whole = False
                break
        if whole:
            clock.move_to(target)
        await self._join_new()  # whoever came during the last step must not stay behind
        await asyncio.gather(*(self._keep_up(life) for life in self._lives.values()))
        return whole

    async def close(self) -> None:
        """Let go of the phones."""
        await asyncio.gather(*(life.phone.close() for life in self._lives.values()))

    async def _join_new(self) -> None:
        known = self._lives.keys() | self._elsewhere
        found = await open_plans(self.clinic.engine, limit=MOST_PLANS)
        await asyncio.gather(*(self._join(plan) for plan in found if plan.id not in known))

    async def _join(self, plan: PlayedPlan) -> None:
        clinic = self.clinic
        watch, clock = PlanWatch(clinic.engine, clinic.client, plan.id), PlanClock(clinic.client, plan.id)
        phone = Phone(clinic.gateway_url, plan.mobile or "")
        played = PlayedClinic(clinic.staff, clock, watch, plan.screening)
        life = _Life(Play(played, phone, self.script_of(plan.id), Story()), clock, phone)
        try:
            if not await watch.running():
                self._elsewhere.add(plan.id)
                return
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
            self._elsewhere.add(plan.id)  # on record without a workflow: nothing moves it
            return
        self._lives[plan.id] = life
        async with self._turns, self._tolerated(plan.id):
            await life.play.join()
            life.next_at = await life.play.next_moment()

    async def _live(self, life: _Life, until: datetime) -> None:
        async with self._turns, self._tolerated(life.play.plan_id):
            while life.next_at is not None and life.next_at <= until:
                try:
                    await life.play.live_to(life.next_at)
                except RequestRefused as refused:  # one deed less; the plan lives on
                    self.refusals.append(str(refused))
                life.next_at = await life.play.next_moment()

    async def _keep_up(self, life: _Life) -> None:
        async with self._turns, self._tolerated(life.play.plan_id):
            await life.clock.advance_to(self.clinic.clock.now())

    @contextlib.asynccontextmanager
    async def _tolerated(self, plan_id: str) -> AsyncIterator[None]:
        """One plan that does not move must not stop the others."""
        try:
            yield
        except NotSettled as fault:
            self._lives[plan_id].next_at = None
            self.stuck.append(str(fault))
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:  # it has just ended
                raise
            self._lives[plan_id].next_at = None
