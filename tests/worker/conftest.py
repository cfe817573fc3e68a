"""A client of the real Temporal server, and a plan's state to start with."""

import base64
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta
from types import ModuleType

import pytest
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client
from temporalio.service import RPCError

from care.opening import new_plan
from care.pack import builtin
from care.protocol import resolve
from cli.embedded.temporal import EmbeddedTemporal
from database.intakes import NewClient, NewPlan, create_plan
from schemas.goals import Measure
from schemas.names import new_id, plan_workflow_id
from schemas.plan import PlanState
from schemas.protocol import ChainLink, OpeningSpan, SiteHours
from schemas.screening import Disposition, ScreeningResult
from schemas.settings import Settings
from tests.worker.answering import OpenPlan
from worker.client import connect

NOW = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)


@pytest.fixture(scope="session")
def settings(temporal: EmbeddedTemporal) -> Settings:
    """Settings that reach that server, with one encryption key."""
    keys = SecretStr("test:" + base64.b64encode(bytes(range(32))).decode())
    return Settings(temporal_address=temporal.address, encryption_key_list=keys)


@pytest.fixture(scope="session")
async def client(settings: Settings) -> Client:
    """A client as every process of ours has it."""
    return await connect(settings)


@pytest.fixture
def state() -> PlanState:
    """A plan that has just been screened and waits for a therapist."""
    pack = builtin()
    screening = ScreeningResult(
        pack_version=pack.version,
        pack_hash=pack.content_hash,
        evaluated_on=date(2026, 4, 14),
        overall=Disposition.clear,
    )
    protocol = resolve(
        pack,
        profile=next(iter(pack.profiles)),
        condition=None,
        screening=screening,
        site_id=new_id(),
        hours=SiteHours(
            zone="Europe/London",
            spans=tuple(OpeningSpan(weekday=day, opens=time(9), closes=time(18)) for day in range(5)),
        ),
        therapist_id="anna",
        room_id="room-1",
        chain=(ChainLink(role="treating_physiotherapist", staff_id="anna"),),
        first_session_at=NOW + timedelta(days=2),
        primary=Measure(code="PSFS", baseline=3, target=8, mcid=2),
        pain_baseline=5,
        target_regions=("lumbar",),
    )
    return new_plan(new_id(), new_id(), protocol, screening, NOW)


@pytest.fixture
async def gone_afterwards(client: Client, state: PlanState) -> AsyncIterator[None]:
    """No workflow of this plan is left for the workers of later tests."""
    yield
    with contextlib.suppress(RPCError):
        await client.get_workflow_handle(plan_workflow_id(state.plan_id)).terminate()


@pytest.fixture
def open_plan(engine: AsyncEngine, clinic: ModuleType, state: PlanState) -> OpenPlan:
    """Open a plan for a new client, or for the client of another plan."""

    async def opened(mobile: str = "+447700900021", same_client_as: PlanState | None = None) -> PlanState:
        therapist = clinic.THERAPIST.id
        protocol = state.protocol.but(
            site_id=clinic.SITE_ID,
            therapist_id=therapist,
            room_id=clinic.ROOM_IDS[0],
            chain=(ChainLink(role="treating_physiotherapist", staff_id=therapist),),
        )
        client_id = same_client_as.client_id if same_client_as else new_id()
        mine = state.but(plan_id=new_id(), client_id=client_id, protocol=protocol)
        client = NewClient(
            f"Ada {client_id[-6:]}", "Byron", date(1985, 12, 10), mobile, None, texts_allowed=True
        )
        await create_plan(
            engine,
            NewPlan(
                idempotency_key=mine.plan_id,
                body_hash="hash",
                form={},
                screening=mine.screening.result,
                state=mine,
                received_at=NOW,
                client=None if same_client_as else client,
            ),
        )
        return mine

    return opened
