"""A whole clinic in one process, for tests and benchmarks: the real parts, put together as production does.

    async with open_clinic(engine, temporal.address) as clinic:
        plan = await clinic.open()
        await clinic.command(plan, staff(demo_clinic.THERAPIST.id), DecideApproval(...))
        await clinic.advance(plan, by=timedelta(days=7))

Each plan has its own clock, which runs as the world's does until `advance` moves it on.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import os
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

from google.protobuf.duration_pb2 import Duration
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.history.v1 import HistoryEvent
from temporalio.api.workflowservice.v1 import RegisterNamespaceRequest
from temporalio.client import Client, WorkflowHandle, WorkflowHistory

from bench.clients import a_plan, an_intake, mobile_of
from bench.runs import events_of_every_run, histories_of
from cli.playing.clock import PlanClock
from cli.playing.watch import PATIENCE, PlanWatch
from database import inbound
from database.demo_clinic import STAFF
from database.inbound import ArrivedText
from database.intakes import create_plan
from messaging.gateway.testing import RunningGateway, receiving, running_gateway
from schemas.commands import Actor, Command, CommandEnvelope, CommandReply
from schemas.names import new_id, plan_workflow_id
from schemas.plan import Approval, PlanState
from schemas.settings import Settings
from worker.bootstrap import WorkerParts, bootstrap
from worker.client import connect
from worker.process import plan_worker, sms_worker
from worker.routing import route_inbound
from worker.tuning import Tuning

_KEPT_DAYS: Final = 3
_IN_A_HURRY: Final = Tuning(texts_per_second=10_000, grace=timedelta(seconds=1))


@dataclass(frozen=True, slots=True)
class ClinicPlan:
    """A plan of this clinic. `mobile` is its client's number in E.164."""

    id: str
    client_id: str
    mobile: str | None
    clock: PlanClock
    watch: PlanWatch


class Clinic:
    """A running clinic. `parts` are a worker's own: engine, client, plans, channel."""

    def __init__(self, parts: WorkerParts, gateway: RunningGateway) -> None:
        self.parts = parts
        self.engine: AsyncEngine = parts.engine
        self.client: Client = parts.client
        self.gateway = gateway
        self._opened = 0

    async def open(self, opening: PlanState | Mapping[str, Any] | None = None, **changes: Any) -> ClinicPlan:
        """Open a plan and start its workflow; it is settled when this returns.

        `opening` is a state before its first step, or screening answers that differ from the all-clear form;
        `changes` replace parts of its protocol.
        """
        number, self._opened = self._opened, self._opened + 1
        if isinstance(opening, PlanState):
            state = opening.but(protocol=opening.protocol.but(**changes))
        else:
            state = a_plan(number, datetime.now(UTC), opening, **changes)
        mobile = mobile_of(number)
        await create_plan(self.engine, an_intake(state, mobile))
        await self.parts.plans.start(state)
        plan = self.plan_of(state.plan_id, state.client_id, mobile)
        await self.settled(plan)
        return plan

    def plan_of(self, plan_id: str, client_id: str, mobile: str | None) -> ClinicPlan:
        """A plan of this clinic as its tests and benchmarks hold it."""
        clock = PlanClock(self.client, plan_id)
        return ClinicPlan(plan_id, client_id, mobile, clock, PlanWatch(self.engine, self.client, plan_id))

    async def command(
        self, plan: ClinicPlan, actor: Actor, command: Command, command_id: str | None = None
    ) -> CommandReply:
        """Ask a plan for something as this person; raises what `PlanClient.command` does."""
        envelope = CommandEnvelope(command_id=command_id or new_id(), actor=actor, command=command)
        return await self.parts.plans.command(plan.id, envelope)

    async def now(self, plan: ClinicPlan) -> datetime:
        """The plan's present."""
        return await plan.clock.now()

    async def advance(
        self, plan: ClinicPlan, *, to: datetime | None = None, by: timedelta = timedelta()
    ) -> None:
        """Let the plan's time pass, to an instant or by a while; everything due on the way has happened then."""
        await self.settled(plan)
        await plan.clock.advance_to(to or await self.now(plan) + by)
        await self.settled(plan)

    async def settled(self, plan: ClinicPlan, patience: timedelta = PATIENCE) -> None:
        """Wait until nothing of this plan is due or under way. Raises NotSettled naming what still is."""
        await plan.watch.settled(patience)

    async def phone(self, plan: ClinicPlan) -> list[dict[str, Any]]:
        """The conversation on the client's phone, newest last, as the gateway shows it."""
        return await asyncio.to_thread(self.gateway.texts, _number(plan))

    async def reply(self, plan: ClinicPlan, body: str) -> str:
        """The client texts; returns the stored text's id once the plan has taken it in.

        It takes the way of a webhook without the HTTP between: on the phone, on record, to the plan.
        """
        number = _number(plan)
        sent = await asyncio.to_thread(self.gateway.text_in, number, body)
        stored = await inbound.store(
            self.engine,
            ArrivedText(
                provider_sid=str(sent["sid"]),
                from_number=number,
                to_number=self.gateway.number,
                body=body,
                num_media=0,
                raw={},
                received_at=await self.now(plan),
            ),
        )
        await route_inbound(self.engine, self.parts.plans, stored.id)
        await self.settled(plan)
        return stored.id

    async def state(self, plan: ClinicPlan) -> PlanState:
        """The plan as the database has it."""
        return await plan.watch.state()

    async def approval(self, plan: ClinicPlan) -> Approval:
        """The decision that waits; raises LookupError if none does, or several do."""
        waiting = (await self.state(plan)).approvals
        if len(waiting) != 1:
            raise LookupError(f"{len(waiting)} approvals wait, not one: {[one.kind for one in waiting]}")
        return waiting[0]

    async def histories(self, plan: ClinicPlan) -> list[WorkflowHistory]:
        """The history of each of the plan's runs, first run first."""
        return await histories_of(self.client, plan_workflow_id(plan.id))

    async def events(self, plan: ClinicPlan) -> list[HistoryEvent]:
        """All runs' events, one after the other."""
        return await events_of_every_run(self.client, plan_workflow_id(plan.id))

    def _handle(self, plan: ClinicPlan) -> WorkflowHandle[Any, Any]:
        return self.client.get_workflow_handle(plan_workflow_id(plan.id))


@contextlib.asynccontextmanager
async def open_clinic(
    engine: AsyncEngine,
    temporal_address: str,
    tuning: Tuning = _IN_A_HURRY,
    demo_clock: Path | None = None,
) -> AsyncIterator[Clinic]:
    """A clinic over a migrated database with the demo clinic in it, until the block ends.

    It has a Temporal namespace of its own (a few milliseconds), so plans that others left do not disturb it.
    """
    namespace = f"clinic-{secrets.token_hex(4)}"
    with receiving() as receipts, running_gateway() as gateway:
        settings = Settings(
            temporal_address=temporal_address,
            temporal_namespace=namespace,
            twilio_account_sid=gateway.account_sid,
            twilio_auth_token=SecretStr(gateway.auth_token),
            twilio_from=gateway.number,
            twilio_api_url=gateway.url,
            public_url=receipts.base_url,
            undo_seconds=0,
            encryption_key_list=a_key(),
            demo_clock=demo_clock,
        )
        client = await connect(settings)
        await _register(client, namespace)
        parts = await bootstrap(settings, tuning, engine=engine, client=client)
        async with plan_worker(parts), sms_worker(parts):
            yield Clinic(parts, gateway)


def staff(person_id: str) -> Actor:
    """A member of the demo clinic's staff as somebody who asks."""
    return next(Actor(id=one.id, roles=one.roles) for one in STAFF if one.id == person_id)


def a_key() -> SecretStr:
    """A fresh encryption key, as the environment would give it."""
    return SecretStr("bench:" + base64.b64encode(os.urandom(32)).decode())


async def _register(client: Client, namespace: str) -> None:
    kept = Duration(seconds=_KEPT_DAYS * 24 * 3600)
    await client.workflow_service.register_namespace(
        RegisterNamespaceRequest(namespace=namespace, workflow_execution_retention_period=kept)
    )


def _number(plan: ClinicPlan) -> str:
    if plan.mobile is None:
        raise LookupError(f"the client of plan {plan.id} has no telephone number")
    return plan.mobile
