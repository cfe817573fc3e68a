"""`limber worker` as the clinic runs it: a process of its own, over the real servers."""

import signal
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from cli.embedded.temporal import EmbeddedTemporal
from database.intakes import NewClient, NewPlan, create_plan
from database.plans import plan
from messaging.gateway.testing import RunningGateway, running_gateway
from schemas.names import plan_workflow_id
from schemas.plan import PlanState
from schemas.protocol import ChainLink
from tests.worker.limber_process import Environment, environment_of, limber_worker
from tests.worker.waiting import until


@pytest.fixture(scope="module")
def gateway() -> Iterator[RunningGateway]:
    """A gateway to text through."""
    with running_gateway() as running:
        yield running


@pytest.fixture
def environment(
    database_url: str, temporal: EmbeddedTemporal, gateway: RunningGateway, engine: AsyncEngine
) -> Environment:
    """What a worker needs to know, over an empty database."""
    return environment_of(database_url, temporal, gateway)


def _answer(environment: Environment, path: str) -> tuple[int, str]:
    url = f"http://127.0.0.1:{environment['LIMBER_METRICS_PORT']}{path}"
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError:
        return 0, ""


def _healthy(environment: Environment) -> Callable[[], bool]:
    return lambda: _answer(environment, "/healthz")[0] == 200


async def test_a_worker_becomes_healthy_counts_and_leaves_when_asked(environment: Environment) -> None:
    with limber_worker(environment) as process:
        await until(_healthy(environment), process)
        page = _answer(environment, "/metrics")[1]
        assert "limber_housekeeping_total" in page
        assert "temporal_num_pollers" in page or "temporal_" in page
        process.send_signal(signal.SIGTERM)
        _, log = process.communicate(timeout=30)
        assert process.returncode == 0, log
        assert '"event":"worker started"' in log and '"event":"worker stopping"' in log


@pytest.mark.usefixtures("gone_afterwards")
async def test_a_plan_left_in_the_database_is_started_by_the_next_worker(
    environment: Environment, engine: AsyncEngine, clinic: ModuleType, client: Client, state: PlanState
) -> None:
    therapist = clinic.THERAPIST.id
    protocol = state.protocol.but(
        site_id=clinic.SITE_ID,
        therapist_id=therapist,
        room_id=clinic.ROOM_IDS[0],
        chain=(ChainLink(role="treating_physiotherapist", staff_id=therapist),),
    )
    mine = state.but(protocol=protocol)
    await create_plan(
        engine,
        NewPlan(
            idempotency_key=mine.plan_id,
            body_hash="hash",
            form={},
            screening=mine.screening.result,
            state=mine,
            received_at=datetime.now(UTC),
            client=NewClient("Ada", "Byron", date(1985, 12, 10), "+447700900001", None, texts_allowed=True),
        ),
    )

    async def recorded() -> bool:
        view = await plan(engine, mine.plan_id)
        return view.workflow_started_at is not None and view.state.seq > 0

    with limber_worker(environment) as process:
        await until(recorded, process)
    assert (await client.get_workflow_handle(plan_workflow_id(mine.plan_id)).describe()).id


@pytest.mark.parametrize(
    ("missing", "way_out"),
    [
        ("LIMBER_ENCRYPTION_KEYS", "openssl rand -base64 32"),
        ("DATABASE_URL", "DATABASE_URL"),
        ("TEMPORAL_ADDRESS", "TEMPORAL_ADDRESS"),
    ],
)
async def test_production_refuses_to_start_without_what_safety_needs(
    environment: Environment, missing: str, way_out: str
) -> None:
    production = {**environment, "LIMBER_ENV": "production", "LIMBER_PUBLIC_URL": "https://clinic.example"}
    del production[missing]
    with limber_worker(production) as process:
        _, said = process.communicate(timeout=30)
    assert process.returncode == 1
    assert missing in said and way_out in said
