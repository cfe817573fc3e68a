"""A plan with a booked visit, a gateway that behaves as Twilio does, and the send activity between them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.testing import ActivityEnvironment

from activities.packs import PackShelf
from activities.reconciling import Patience, Search
from activities.sending import Sending
from activities.wording import Wording
from care.opening import new_plan
from care.pack import builtin
from care.protocol import resolve
from database import outbox
from database.intakes import NewClient, NewPlan, create_plan
from database.outbox import OutboxText
from database.record import record
from messaging.channel import Channel
from messaging.gateway.testing import RunningGateway, running_gateway
from messaging.templates import load
from messaging.twilio_channel import TwilioAccount, TwilioChannel
from schemas.messages import SendOutcome, TextOrder, TextPurpose
from schemas.names import new_id
from schemas.orders import SendOrder
from schemas.plan import PlanState, Session, SessionStatus
from schemas.protocol import ChainLink, Measure
from schemas.screening import Disposition, ScreeningResult
from schemas.taper import Step
from schemas.transition import Placement, Transition
from worker.metrics import Metrics

NOW = datetime(2026, 11, 9, 10, 0, tzinfo=UTC)
"""A Monday morning, in nobody's quiet hours."""
VISIT = datetime(2026, 11, 10, 10, 0, tzinfo=UTC)
"""Tuesday at ten."""

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def gateway() -> Iterator[RunningGateway]:
    """The bundled gateway over HTTP; every test texts a number of its own."""
    with running_gateway() as running:
        yield running


@pytest.fixture(scope="session")
def channel(gateway: RunningGateway) -> Channel:
    """Texts to that gateway, through the twilio SDK."""
    return channel_to(gateway.url, gateway)


def channel_to(url: str, gateway: RunningGateway) -> Channel:
    """The Twilio channel, pointed at `url`."""
    account = TwilioAccount(gateway.account_sid, gateway.auth_token, from_=gateway.number)
    return TwilioChannel(
        account, "http://127.0.0.1:9/status", base_url=url, read_timeout=timedelta(seconds=2)
    )


@pytest.fixture
def mobile() -> str:
    """A number nobody else texts; the range is Ofcom's for drama."""
    return f"+447700900{next(_numbers) + 200:03d}"


@dataclass
class Desk:
    """One client's plan and everything a test does to it."""

    engine: AsyncEngine
    gateway: RunningGateway
    channel: Channel
    mobile: str
    state: PlanState

    def sending(self, channel: Channel | None = None, patience: Patience | None = None) -> Sending:
        """A worker's send activity."""
        channel = channel or self.channel
        search = Search(self.engine, channel, patience or Patience())
        wording = Wording(PackShelf(self.engine), load())
        return Sending(self.engine, channel, wording, search, Metrics())

    async def send(self, order: TextOrder, after: timedelta = timedelta(0), **worker: Any) -> SendOutcome:
        """One attempt of the activity, `after` the hand-over in the plan's time."""
        environment = ActivityEnvironment()
        environment.info = replace(
            environment.info, started_time=environment.info.scheduled_time + after, task_queue="limber-sms"
        )
        asked = SendOrder(order=order, now=order.ordered_at)
        outcome: SendOutcome = await environment.run(self.sending(**worker).send_text, asked)
        return outcome

    def reminder(self, **changes: Any) -> TextOrder:
        """The 24-hour reminder of the visit."""
        session = self.state.sessions[0]
        order = TextOrder(
            key=f"{self.state.plan_id}:s1:r1:remind-24",
            plan_id=self.state.plan_id,
            recipient_id=self.state.client_id,
            purpose=TextPurpose.reminder,
            template="session_reminder_24h",
            rule="reminder_hours",
            ordered_at=NOW,
            expires_at=VISIT,
            agenda_key="s1:r1:remind-24",
            session_no=1,
            session_revision=session.revision,
            starts_at=(session.starts_at,),
            therapist_id=self.state.protocol.therapist_id,
        )
        return order.but(**changes)

    async def step(self, **changes: Any) -> None:
        """Record a transition that changes the plan's state."""
        state = self.state.but(seq=self.state.seq + 1, **changes)
        await record(self.engine, Transition(cause=f"test {state.seq}", state=state), None)
        self.state = state

    async def change_session(self, **changes: Any) -> None:
        """Record a change of the visit."""
        await self.step(sessions=(self.state.sessions[0].but(**changes),))

    async def sql(self, statement: str, **parameters: Any) -> None:
        """Change a row as an outside event would."""
        async with self.engine.begin() as connection:
            await connection.execute(text(statement), parameters)

    async def row(self, order: TextOrder) -> OutboxText:
        """The text in the outbox."""
        return await outbox.get(self.engine, order.key)

    def inbox(self) -> list[str]:
        """What the client's phone shows."""
        return [one["body"] for one in self.gateway.texts(self.mobile)]


@pytest.fixture
async def desk(
    engine: AsyncEngine, clinic: ModuleType, gateway: RunningGateway, channel: Channel, mobile: str
) -> AsyncIterator[Desk]:
    """An active plan whose first visit is on Tuesday at ten with Priya Nair."""
    pack = builtin()
    result = ScreeningResult(
        pack_version=pack.version,
        pack_hash=pack.content_hash,
        evaluated_on=date(2026, 11, 2),
        overall=Disposition.clear,
    )
    protocol = resolve(
        pack,
        profile=next(iter(pack.profiles)),
        condition=None,
        screening=result,
        site_id=clinic.SITE_ID,
        hours=clinic.HOURS,
        therapist_id=clinic.THERAPIST.id,
        room_id=clinic.ROOM_IDS[2],
        chain=(ChainLink(role="treating_physiotherapist", staff_id=clinic.THERAPIST.id),),
        first_session_at=VISIT,
        primary=Measure(code="PSFS", baseline=3, target=8, mcid=2),
        pain_baseline=5,
        target_regions=("lumbar",),
    )
    state = new_plan(new_id(), new_id(), protocol, result, NOW - timedelta(days=7))
    await create_plan(
        engine,
        NewPlan(
            idempotency_key=state.plan_id,
            body_hash="hash",
            form={},
            screening=result,
            state=state,
            received_at=state.opened_at,
            client=NewClient("Ada", "Byron", date(1985, 12, 10), mobile, None, texts_allowed=True),
        ),
    )
    session = Session(no=1, status=SessionStatus.booked, starts_at=VISIT, minutes=45, step=Step.S1)
    booked = state.but(seq=1, stage="active", sessions=(session,))
    place = Placement(
        session_no=1,
        starts_at=VISIT,
        ends_at=VISIT + timedelta(minutes=45),
        therapist_id=protocol.therapist_id,
        room_id=protocol.room_id,
    )
    await record(engine, Transition(cause="booked", state=booked, place=(place,)), None)
    yield Desk(engine, gateway, channel, mobile, booked)
    gateway.ask("DELETE", "/gateway/faults")


Attempt = Callable[[], Awaitable[SendOutcome]]


@pytest.fixture
def impatient() -> Patience:
    """Gives a lost text up at the first look."""
    return Patience(give_up_after=timedelta(0))
