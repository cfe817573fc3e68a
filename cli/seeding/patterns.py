"""A few dozen lives at the demo clinic, on record: the patterns that many plans are copied from."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from sqlalchemy import insert
from sqlalchemy.ext.asyncio import AsyncEngine

from api.console.planned_words import PlannedWords
from care.agenda import next_item
from care.driving import Recording, Sent
from care.pack import builtin
from care.simulation.assumptions import usual_assumptions
from care.simulation.world import World
from cli.seeding.lives import Ending, RememberedLife, Reply, Words
from database import demo_clinic, outbox
from database.intakes import NewClient, NewPlan, create_plan
from database.outbox import Fate
from database.outbox import Words as SentWords
from database.plans import mark_started
from database.record import record
from database.tables import inbound_messages, notes
from database.tables.texts import InboundStatus
from schemas.commands import Role
from schemas.events import EventKind, PlanEvent
from schemas.messages import Audience, MessageStatus, TextOrder
from schemas.names import new_id
from schemas.plan import PlanState
from schemas.protocol import ChainLink
from schemas.transition import Placement

PATTERNS: Final = 42
_ONE_CLOSED_IN: Final = 4
_WEEKS: Final = 6
_SEED: Final = 7
_BY_CLIENT: Final = 0.3
_UNDECIDED: Final = timedelta(days=4)
_NUMBER: Final = "+447700900999"


class Patterns:
    """Lives of all ages up to `now`, most of them over: each recorded by the service's own functions."""

    def __init__(self, engine: AsyncEngine, now: datetime) -> None:
        self._engine = engine
        self._now = now
        self._world = World(builtin(), usual_assumptions(), _SEED)
        self._rng = random.Random(_SEED)  # noqa: S311 - chance, not secrets
        self._taken: list[Placement] = []

    async def record(self, count: int) -> list[str]:
        """Put so many patterns on record, at most all; their ids."""
        lives = [self._live(number) for number in range(count)]
        for life in lives:
            await self._keep(life)
        return [life.state.plan_id for life in lives]

    def _live(self, number: int) -> RememberedLife:
        is_open = number % _ONE_CLOSED_IN != _ONE_CLOSED_IN - 1
        age = (
            timedelta(weeks=_WEEKS) * self._rng.random() ** 2
            if is_open
            else timedelta(weeks=self._rng.uniform(6, 50))
        )
        person, _ = self._world.person(number, _WEEKS)
        opened = self._now - max(age, timedelta(minutes=10))
        plan = self._at_the_clinic(self._world.plan(number, person, opened), number)
        ending = (
            None if is_open else Ending(timedelta(days=self._rng.uniform(2, 8)), self._chance(_BY_CLIENT))
        )
        life = RememberedLife(
            plan,
            opened,
            person,
            self._world,
            taken=self._taken,
            ending=ending,
            undecided_since=self._now - _UNDECIDED,
        )
        life.run(self._now)
        return life

    def _chance(self, share: float) -> bool:
        return self._rng.random() < share

    def _at_the_clinic(self, plan: PlanState, number: int) -> PlanState:
        """The simulated plan with ids of its own, treated by one of the demo clinic's physiotherapists."""
        physios = [one for one in demo_clinic.STAFF if Role.treating_physiotherapist in one.roles]
        own = physios[number % len(physios)]
        chain = (own, demo_clinic.DUTY, demo_clinic.LEAD, demo_clinic.MANAGER)
        protocol = plan.protocol.but(
            site_id=demo_clinic.SITE_ID,
            therapist_id=own.id,
            room_id=demo_clinic.ROOM_IDS[(own.room or 1) - 1],
            chain=tuple(
                ChainLink(role=link.role, staff_id=person.id)
                for link, person in zip(plan.protocol.chain, chain, strict=True)
            ),
        )
        return plan.but(plan_id=new_id(), client_id=new_id(), protocol=protocol)

    async def _keep(self, life: RememberedLife) -> None:
        first = next(step for step in life.history if isinstance(step, Recording)).before
        await create_plan(self._engine, _intake(first))
        await mark_started(self._engine, first.plan_id, first.opened_at)
        for step in life.history:
            await self._keep_step(life.state, step)

    async def _keep_step(self, plan: PlanState, step: Recording | Sent | Words | Reply) -> None:
        if isinstance(step, Recording):
            # The lives share one calendar in memory; the staff's absences are no concern of a measurement.
            transition = step.transition.but(place=())
            await record(self._engine, transition, next_item(transition.state))
        elif isinstance(step, Sent):
            await self._deliver(plan, step.order, step.at)
        else:
            table, row = (
                (notes, _note(plan, step))
                if isinstance(step, Words)
                else (
                    inbound_messages,
                    _inbound(plan, step),
                )
            )
            async with self._engine.begin() as connection:
                await connection.execute(insert(table), row)

    async def _deliver(self, plan: PlanState, order: TextOrder, at: datetime) -> None:
        if order.audience is not Audience.client:
            return
        await outbox.put(self._engine, order, at)
        told = PlannedWords(builtin(), demo_clinic.SITE, plan.protocol, demo_clinic.THERAPIST.name)
        body = told.text(order.template, order.starts_at) or ""
        await outbox.claim(self._engine, order, SentWords(to=_NUMBER, body=body, segments=1), at, None)
        sid = f"SM{new_id().replace('-', '')}"
        await outbox.settle(self._engine, order, Fate(MessageStatus.sent, provider_sid=sid), at, None)
        arrived = at + timedelta(seconds=4)
        await outbox.settle(self._engine, order, Fate(MessageStatus.delivered), arrived, None)


def _intake(state: PlanState) -> NewPlan:
    received = PlanEvent(kind=EventKind.intake_received, at=state.opened_at, actor="client")
    form: Mapping[str, Any] = {"client": {}, "screening": {}}
    return NewPlan(
        idempotency_key=f"seed-{state.plan_id}",
        body_hash="seed",
        form=form,
        screening=state.screening.result,
        state=state,
        received_at=state.opened_at,
        client=NewClient("Ada", "Byron", date(1985, 12, 10), None, None, texts_allowed=state.texts_on),
        events=(received,),
    )


def _note(plan: PlanState, words: Words) -> dict[str, Any]:
    body = "Gone through with the client; the home plan shown again."
    return {**asdict(words), "plan_id": plan.plan_id, "kind": "alert", "body": body}


def _inbound(plan: PlanState, reply: Reply) -> dict[str, Any]:
    return {
        "id": reply.id,
        "provider_sid": f"SM{reply.id}",
        "from_number": _NUMBER,
        "to_number": "+447700900000",
        "body": reply.body,
        "num_media": 0,
        "raw": {},
        "received_at": reply.at.astimezone(UTC),
        "minute_key": reply.id,
        "status": InboundStatus.routed,
        "plan_id": plan.plan_id,
        "routed_at": reply.at,
    }
