"""What every test may ask for: a real PostgreSQL with a clean database, the demo clinic, a real Temporal."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from types import ModuleType

import pytest
import structlog
from coverage import Coverage
from hypothesis import HealthCheck, settings
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from xdist.remote import Producer  # type: ignore[import-untyped]

from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.temporal import EmbeddedTemporal
from database import demo_clinic
from database.engine import create_engine
from database.migrate import upgrade
from tests.sharing_out import ByGroup, longest_first

# How fast examples are made and run says something about the machine, not about the clinic.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")

# A fault that is logged shows its lines, not every value in reach: a whole rule pack takes a minute to print.
structlog.configure(
    processors=[
        *structlog.get_config()["processors"][:-1],
        structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
    ],
    # Beside the run, never into what a test reads of a command: a clinic of another test may still be answering.
    logger_factory=structlog.PrintLoggerFactory(sys.stderr),
)

NOW = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
"""A Monday morning at which the clinic is open."""

# What is append-only for the service is not for its tests: the replica role passes triggers and keys by.
_EMPTY_EVERY_TABLE = text("""
DO $$
DECLARE one text;
BEGIN
    SET LOCAL session_replication_role = replica;
    FOR one IN SELECT tablename FROM pg_tables WHERE schemaname = 'public' AND tablename <> 'alembic_version'
    LOOP EXECUTE format('DELETE FROM %I', one); END LOOP;
END $$
""")


@pytest.fixture(scope="session")
def postgres() -> Iterator[EmbeddedPostgres]:
    """One throw-away server for the whole run; it dies with the run, however that ends."""
    with tempfile.TemporaryDirectory(prefix="limber-tests-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder) / "data", durable=False)
        server.start()
        yield server
        server.stop()


@pytest.fixture(scope="session")
async def database_url(postgres: EmbeddedPostgres) -> str:
    """The address of the migrated database."""
    engine = create_engine(postgres.database_url)
    await upgrade(engine)
    await engine.dispose()
    return postgres.database_url


@pytest.fixture(scope="session")
async def _pool(database_url: str) -> AsyncIterator[AsyncEngine]:
    engine = create_engine(database_url, connections=30, application_name="limber tests")
    yield engine
    await engine.dispose()


@pytest.fixture
async def engine(_pool: AsyncEngine) -> AsyncEngine:
    """An engine over an empty database."""
    async with _pool.begin() as connection:
        await connection.execute(_EMPTY_EVERY_TABLE)
    return _pool


@pytest.fixture
async def clinic(engine: AsyncEngine) -> ModuleType:
    """The demo clinic, in the database; its ids are constants of `database.demo_clinic`, which is returned.

    Nobody there has a password: a test that logs in sets one.
    """
    async with engine.begin() as connection:
        await demo_clinic.insert_clinic(connection, {}, NOW)
    return demo_clinic


@pytest.fixture(scope="session")
def temporal() -> Iterator[EmbeddedTemporal]:
    """One real Temporal server in memory, with a virtual clock per workflow; use a task queue per test."""
    server = EmbeddedTemporal(time_skipping=True)
    server.start()
    yield server
    server.stop()


# -- who runs what, and how a run ends --------------------------------------------------------------


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The long ones first, so that both processes end at about the same time."""
    items[:] = longest_first(items)


def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByGroup:
    """Whoever runs the tests in several processes (`make test`): by group."""
    return ByGroup(config, log)


_exit_code = 0


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(exitstatus: int) -> None:
    """Remember how the run ended, for `pytest_unconfigure`."""
    global _exit_code  # noqa: PLW0603 — pytest passes the status to this hook only
    _exit_code = int(exitstatus)


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Leave at once: a process that used the Temporal SDK may abort while the interpreter shuts down.

    The summary is printed and every fixture closed by now. Coverage would save its data at exit, so it is told.
    """
    measuring = Coverage.current()
    if measuring is not None:
        measuring.stop()
        measuring.save()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(_exit_code)
