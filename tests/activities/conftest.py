"""A plan with a booked visit, a gateway that behaves as Twilio does, and the send activity between them."""

from __future__ import annotations

import itertools
from collections.abc import AsyncIterator, Iterator
from datetime import date, timedelta
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from care.opening import new_plan
from care.pack import builtin
from care.protocol import resolve
from database.intakes import NewClient, NewPlan, create_plan
from database.record import record
from messaging.channel import Channel
from messaging.gateway.testing import RunningGateway, running_gateway
from schemas.goals import Measure
from schemas.names import new_id
from schemas.plan import Session, SessionStatus, Stage
from schemas.protocol import ChainLink
from schemas.screening import Disposition, ScreeningResult
from schemas.taper import Step
from schemas.transition import Placement, Transition
from tests.activities.desk import NOW, VISIT, Desk, channel_to

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


@pytest.fixture
def mobile() -> str:
    """A number nobody else texts; the range is Ofcom's for drama."""
    return f"+447700900{next(_numbers) + 200:03d}"


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
    booked = state.but(seq=1, stage=Stage.active, sessions=(session,))
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
