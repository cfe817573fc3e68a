"""The API over the demo clinic in a real database; plans are recorded where Temporal is not the point."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from types import ModuleType
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.clinic import Clinic
from care.pack import builtin
from database.demo_clinic import FRONT_DESK, THERAPIST
from schemas.rules import RulePack
from schemas.settings import Settings
from tests.api.forms import example
from tests.api.recorded_plans import RecordedPlans
from worker.failed_texts import tell_failure

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""A Monday morning at which the demo clinic is open."""
SERVICE_TOKEN = "a-service-token-for-tests"
TWILIO_TOKEN = "0123456789abcdef0123456789abcdef"
PUBLIC_URL = "https://clinic.example"


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        """The time it is."""
        return self.now

    def pass_by(self, span: timedelta) -> None:
        """Let time pass."""
        self.now += span


@pytest.fixture
def clock() -> Clock:
    """The clinic's clock."""
    return Clock()


@pytest.fixture
def settings() -> Settings:
    """A clinic behind HTTPS whose texts go to a gateway."""
    return Settings(
        public_url=PUBLIC_URL,
        api_token=SecretStr(SERVICE_TOKEN),
        twilio_account_sid="AC" + "0" * 32,
        twilio_auth_token=SecretStr(TWILIO_TOKEN),
        twilio_from="+447700900999",
        twilio_api_url="http://127.0.0.1:8090",
    )


@pytest.fixture
def plans(engine: AsyncEngine, clock: Clock) -> RecordedPlans:
    """Plans that run in this process: the real decisions and the real record, without an engine."""
    return RecordedPlans(engine, clock)


@pytest.fixture
def routed() -> list[str]:
    """Ids of the inbound texts that were handed on."""
    return []


@pytest.fixture
async def app(clinic: ModuleType, settings: Settings, plans: RecordedPlans, routed: list[str]) -> FastAPI:
    """The application over the demo clinic."""

    async def route(inbound_id: str) -> None:
        routed.append(inbound_id)

    async def pack_by_hash(_hash: str) -> RulePack:
        return builtin()

    return create_app(
        Clinic(
            settings=settings,
            engine=plans.engine,
            plans=plans,
            pack=builtin(),
            pack_by_hash=pack_by_hash,
            route_inbound=route,
            tell_failure=partial(tell_failure, plans.engine, plans),
            clock=plans.clock,
        )
    )


Caller = Callable[..., httpx2.AsyncClient]


@pytest.fixture
async def caller(app: FastAPI) -> AsyncIterator[Caller]:
    """Make a client of the API with these headers."""
    opened: list[httpx2.AsyncClient] = []

    def call(**headers: str) -> httpx2.AsyncClient:
        client = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app),
            base_url=PUBLIC_URL,
            headers={name.replace("_", "-"): value for name, value in headers.items()},
        )
        opened.append(client)
        return client

    yield call
    for client in opened:
        await client.aclose()


@pytest.fixture
def stranger(caller: Caller) -> httpx2.AsyncClient:
    """Someone without a token."""
    return caller()


@pytest.fixture
def service(caller: Caller) -> httpx2.AsyncClient:
    """A process with the service token."""
    return caller(Authorization=f"Bearer {SERVICE_TOKEN}")


@pytest.fixture
def therapist(caller: Caller) -> httpx2.AsyncClient:
    """A process that acts for the treating physiotherapist."""
    return caller(Authorization=f"Bearer {SERVICE_TOKEN}", X_Limber_Staff=THERAPIST.email)


@pytest.fixture
def front_desk(caller: Caller) -> httpx2.AsyncClient:
    """A process that acts for the front desk."""
    return caller(Authorization=f"Bearer {SERVICE_TOKEN}", X_Limber_Staff=FRONT_DESK.id)


@pytest.fixture
def anna() -> dict[str, Any]:
    """The demo's intake form."""
    return example("anna-back-pain")
