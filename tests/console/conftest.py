"""The console over the demo clinic in a real database, with a person signed in at it."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import update
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.clinic import Clinic
from api.passwords import hash_password
from care.pack import builtin
from database.demo_clinic import THERAPIST, Person
from database.receipts import FinalFailure
from database.tables import staff
from schemas.rules import RulePack
from schemas.settings import Settings
from tests.console.lived_record import LivedRecord, empty_tables, keep, put_back
from tests.console.staged_clinic import StagedPlans

EXAMPLES = Path(__file__).parents[2] / "docs" / "examples"
SITE = "https://clinic.example"
PASSWORD = "correct horse battery staple"
NOTHING_NEW = {"day-DAY-01": "no", "day-DAY-02": "no", "day-DAY-03": "no", "day-DAY-05": "yes"}
"""The day's questions on the form of a visit at which all is well, but for the pain."""
MORNING = datetime(2026, 11, 24, 10, 12, tzinfo=UTC)
"""A Tuesday morning at the demo clinic."""


class Clock:
    """A clock that stands still until a test moves it."""

    def __init__(self) -> None:
        self.now = MORNING

    def __call__(self) -> datetime:
        """The time it is."""
        return self.now


@pytest.fixture
def clock() -> Clock:
    """The clinic's clock."""
    return Clock()


@pytest.fixture
def plans(engine: AsyncEngine, clock: Clock) -> StagedPlans:
    """The running plans."""
    return StagedPlans(engine, clock)


@pytest.fixture
async def app(clinic: ModuleType, plans: StagedPlans) -> FastAPI:
    """The application over the demo clinic, where everybody has the same password."""

    async def route(_inbound_id: str) -> None:
        """Nobody routes texts here."""

    async def told(_failure: FinalFailure) -> None:
        """Nobody is told of failures here."""

    async def pack_by_hash(_hash: str) -> RulePack:
        return builtin()

    async with plans.engine.begin() as connection:
        await connection.execute(update(staff).values(password_hash=_HASH))
    return create_app(
        Clinic(
            settings=Settings(
                public_url=SITE,
                api_token=SecretStr("a-service-token-for-tests"),
                twilio_account_sid="AC" + "0" * 32,
                twilio_auth_token=SecretStr("0" * 32),
                twilio_from="+447700900999",
                twilio_api_url="http://127.0.0.1:8090",
            ),
            engine=plans.engine,
            plans=plans,
            pack=builtin(),
            pack_by_hash=pack_by_hash,
            route_inbound=route,
            tell_failure=told,
            clock=plans.clock,
        )
    )


_HASH = hash_password(PASSWORD)

Browser = Callable[[], httpx2.AsyncClient]
SignIn = Callable[[Person], Awaitable[httpx2.AsyncClient]]


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[Browser]:
    """Open a browser at the console that does not follow redirects by itself."""
    opened: list[httpx2.AsyncClient] = []

    def open_one() -> httpx2.AsyncClient:
        one = httpx2.AsyncClient(
            transport=httpx2.ASGITransport(app=app),
            base_url=SITE,
            headers={"Accept": "text/html,application/xhtml+xml", "Sec-Fetch-Site": "same-origin"},
        )
        opened.append(one)
        return one

    yield open_one
    for one in opened:
        await one.aclose()


async def enter(browser: httpx2.AsyncClient, person: Person) -> None:
    """Sign this person in, in this browser."""
    answered = await browser.post("/login", data={"email": person.email, "password": PASSWORD})
    assert answered.status_code == 303, answered.text


@pytest.fixture
def sign_in(browser: Browser) -> SignIn:
    """Sign somebody in; what comes back is their browser."""

    async def open_and_enter(person: Person) -> httpx2.AsyncClient:
        one = browser()
        await enter(one, person)
        return one

    return open_and_enter


@pytest.fixture
async def priya(sign_in: SignIn) -> httpx2.AsyncClient:
    """The browser of a treating physiotherapist."""
    return await sign_in(THERAPIST)


@pytest.fixture
def anna() -> dict[str, Any]:
    """The demo's intake form."""
    form: dict[str, Any] = json.loads((EXAMPLES / "anna-back-pain.json").read_text())
    return form


@pytest.fixture
async def waiting_plan(priya: httpx2.AsyncClient, plans: StagedPlans, anna: dict[str, Any]) -> str:
    """The id of a plan whose start waits for its therapist."""
    return await opened(priya, anna)


@pytest.fixture(scope="session")
def lived_records() -> list[LivedRecord]:
    """The record of the plan that has run for seven weeks, once a test has asked for it."""
    return []


@pytest.fixture
async def lived_plan(
    *,
    priya: httpx2.AsyncClient,
    plans: StagedPlans,
    clock: Clock,
    anna: dict[str, Any],
    lived_records: list[LivedRecord],
) -> str:
    """The id of a plan that has run for seven weeks; it is played for the first test that asks."""
    if not lived_records:
        unused = await empty_tables(plans.engine)
        clock.now = MORNING - timedelta(weeks=7)
        plan_id = await opened(priya, anna)
        await plans.live(plan_id, MORNING)
        clock.now = MORNING
        lived_records.append(await keep(plans.engine, plans.lived(plan_id), unused))
        return plan_id
    await put_back(plans.engine, lived_records[0])
    plans.take_up(lived_records[0].memory())
    return lived_records[0].plan_id


async def opened(browser: httpx2.AsyncClient, form: dict[str, Any]) -> str:
    """The id of the plan that a form opens."""
    answered = await browser.post("/api/v1/intakes", json=form)
    assert answered.status_code == 201, answered.text
    return str(answered.json()["plan_id"])
