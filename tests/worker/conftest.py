"""A client of the real Temporal server, and a plan's state to start with."""

import base64
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, time, timedelta

import pytest
from pydantic import SecretStr
from temporalio.client import Client
from temporalio.service import RPCError

from care.opening import new_plan
from care.pack import builtin
from care.protocol import resolve
from cli.embedded.temporal import EmbeddedTemporal
from schemas.names import new_id, plan_workflow_id
from schemas.plan import PlanState
from schemas.protocol import ChainLink, Measure, OpeningSpan, SiteHours
from schemas.screening import Disposition, ScreeningResult
from schemas.settings import Settings
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
