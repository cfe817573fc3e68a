"""The console as a browser meets it: a `limber api` process over a record full of plans, and signed-in readers."""

from __future__ import annotations

import contextlib
import os
import tempfile
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx2

from api.identity import COOKIE, TokenScope
from bench.clinic import a_key
from bench.stage import cpu_seconds, running
from cli.embedded.environment import without_files
from cli.embedded.limber_process import limber_child
from cli.embedded.ports import LOOPBACK, free_ports
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.readiness import answers
from cli.seeding.writing import write_plans
from database.demo_clinic import LEAD, OPERATIONS
from database.engine import create_engine
from database.migrate import upgrade
from database.tokens import issue_token

READERS: Final = (LEAD, OPERATIONS)
"""The members of the demo clinic's staff who read."""


@dataclass(frozen=True)
class ServedConsole:
    """A console at work. `readers` are signed-in people by their staff ids."""

    database_url: str
    api: int
    postgres: int
    readers: Mapping[str, httpx2.AsyncClient]

    def cpu_seconds(self) -> float:
        """What answering has used of the processors so far: the service's own work and PostgreSQL's."""
        return cpu_seconds(self.api) + cpu_seconds(self.postgres)


@contextlib.asynccontextmanager
async def served_console(plans: int, patterns: int, now: datetime) -> AsyncIterator[ServedConsole]:
    """A record that `limber seed` filled with so many plans as of `now`, served until the block ends."""
    with contextlib.ExitStack() as parts:
        folder = Path(
            parts.enter_context(
                tempfile.TemporaryDirectory(prefix="limber-bench-", ignore_cleanup_errors=True)
            )
        )
        postgres = parts.enter_context(EmbeddedPostgres(folder, durable=False))
        engine = create_engine(postgres.database_url, application_name="limber bench")
        await upgrade(engine)
        await write_plans(engine, plans, now, patterns)
        scopes = (TokenScope.console,)
        tokens = {one.id: await issue_token(engine, one.id, scopes, now=datetime.now(UTC)) for one in READERS}
        await engine.dispose()
        port, nobody = free_ports(2)
        url = f"http://{LOOPBACK}:{port}"
        api = limber_child(
            "api", ["api"], _environment(postgres.database_url, url, port, nobody), folder / "logs"
        )
        parts.enter_context(running(api, lambda: answers(f"{url}/healthz")))
        async with contextlib.AsyncExitStack() as browsers:
            readers = {
                reader: await browsers.enter_async_context(_browser(url, token))
                for reader, token in tokens.items()
            }
            yield ServedConsole(postgres.database_url, api.pid, postgres.pid, readers)


def _browser(url: str, token: str) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=url,
        cookies={COOKIE: token},
        headers={"Sec-Fetch-Site": "same-origin"},
        trust_env=False,
        timeout=60,
    )


def _environment(database_url: str, url: str, port: int, no_temporal: int) -> dict[str, str]:
    """The pages read the record: no engine and no gateway need be there."""
    return without_files(
        os.environ,
        {
            "DATABASE_URL": database_url,
            "TEMPORAL_ADDRESS": f"{LOOPBACK}:{no_temporal}",
            "LIMBER_ENCRYPTION_KEYS": a_key().get_secret_value(),
            "LIMBER_PUBLIC_URL": url,
            "LIMBER_API_PORT": str(port),
        },
    )
