"""Texts through the real parts: outbox, Twilio's SDK, the gateway, and the API that takes its webhooks."""

from __future__ import annotations

import asyncio
import itertools
import socket
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from types import ModuleType
from typing import Any, cast

import pytest
import uvicorn
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.clinic import Clinic
from bench.clients import a_plan
from care.pack import builtin
from database.intakes import NewClient, NewPlan, create_plan
from database.receipts import FinalFailure
from messaging.gateway.settings import new_credentials
from messaging.gateway.testing import RunningGateway, running_gateway
from messaging.twilio_channel import TwilioAccount, TwilioChannel
from schemas.plan import PlanState, Stage
from schemas.refusals import Plans
from schemas.rules import RulePack
from schemas.settings import Settings
from tests.texts.post_office import PostOffice

_numbers = itertools.count(0)


@dataclass
class Office:
    """The API as the provider sees it: what it was told, and where it listens."""

    url: str
    token: str
    routed: list[str] = field(default_factory=list)
    failures: list[FinalFailure] = field(default_factory=list)


@pytest.fixture(scope="session")
def _ears() -> Iterator[tuple[RunningGateway, socket.socket]]:
    """A gateway, and the socket on which its webhooks are taken."""
    listening = socket.create_server(("127.0.0.1", 0))
    url = f"http://127.0.0.1:{listening.getsockname()[1]}"
    webhook = f"{url}/webhooks/twilio/inbound#rc=5&rp=all"
    with running_gateway(credentials=new_credentials(), webhook=webhook) as gateway:
        yield gateway, listening
    listening.close()


@pytest.fixture
def gateway(_ears: tuple[RunningGateway, socket.socket]) -> Iterator[RunningGateway]:
    """The bundled gateway, whose webhooks go to the test's API; nobody has a text from it yet."""
    _ears[0].forget_texts()
    yield _ears[0]
    _ears[0].ask("DELETE", "/gateway/faults")


@pytest.fixture
async def office(
    engine: AsyncEngine, clinic: ModuleType, _ears: tuple[RunningGateway, socket.socket]
) -> AsyncIterator[Office]:
    """The real API over the test's database, listening for webhooks; nothing behind it routes."""
    gateway, listening = _ears
    taken = Office(f"http://127.0.0.1:{listening.getsockname()[1]}", token="a-service-token-for-tests")

    async def route(inbound_id: str) -> None:
        taken.routed.append(inbound_id)

    async def tell(failure: FinalFailure) -> None:
        taken.failures.append(failure)

    async def pack_by_hash(_hash: str) -> RulePack:
        return builtin()

    settings = Settings(
        public_url=taken.url,
        api_token=SecretStr(taken.token),
        twilio_account_sid=gateway.account_sid,
        twilio_auth_token=SecretStr(gateway.auth_token),
        twilio_from=gateway.number,
        twilio_api_url=gateway.url,
    )
    app = create_app(
        Clinic(
            settings=settings,
            engine=engine,
            plans=cast(Plans, None),
            pack=builtin(),
            pack_by_hash=pack_by_hash,
            route_inbound=route,
            tell_failure=tell,
        )
    )
    server = uvicorn.Server(uvicorn.Config(app, log_level="error", access_log=False, lifespan="off"))
    serving = asyncio.create_task(server.serve(sockets=[listening.dup()]))
    while not server.started:  # noqa: ASYNC110 - uvicorn tells only who asks
        await asyncio.sleep(0.005)
    yield taken
    server.should_exit = True
    await serving


@pytest.fixture
def channel(gateway: RunningGateway, office: Office) -> TwilioChannel:
    """The clinic's SMS channel."""
    account = TwilioAccount(gateway.account_sid, gateway.auth_token, from_=gateway.number)
    return TwilioChannel(
        account,
        f"{office.url}/webhooks/twilio/status",
        base_url=gateway.url,
        read_timeout=timedelta(seconds=0.5),
        environment={},
    )


@pytest.fixture
def post_office(engine: AsyncEngine, gateway: RunningGateway, channel: TwilioChannel) -> PostOffice:
    """Sends texts as a worker does."""
    return PostOffice(engine, gateway, channel)


@dataclass(frozen=True)
class NewClients:
    """Opens plans for clients."""

    engine: AsyncEngine

    async def plan(self, mobile: str | None = None, **client: Any) -> PlanState:
        """An active plan of a new client; `client` replaces parts of who they are."""
        number = next(_numbers)
        state = a_plan(number % 40, datetime.now(UTC)).but(stage=Stage.active)
        person: dict[str, Any] = {
            "given_name": "Ada",
            "family_name": "Byron",
            "date_of_birth": date(1985, 12, 10),
            "email": None,
        }
        await create_plan(
            self.engine,
            NewPlan(
                idempotency_key=state.plan_id,
                body_hash="hash",
                form={},
                screening=state.screening.result,
                state=state,
                received_at=state.opened_at,
                client=NewClient(
                    **(person | client),
                    mobile=mobile or f"+44770090{number % 1000:04d}",
                    texts_allowed=True,
                ),
            ),
        )
        return state


@pytest.fixture
def new_clients(engine: AsyncEngine, clinic: ModuleType) -> NewClients:
    """Clients of the demo clinic."""
    return NewClients(engine)
