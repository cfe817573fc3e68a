"""A clinic in several processes, as `limber up` has it, for measurements that tell them apart.

PostgreSQL, Temporal, the gateway and the worker are children; the caller's process plays clients and staff.
"""

from __future__ import annotations

import contextlib
import os
import sys
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import psutil  # type: ignore[import-untyped]
from pydantic import SecretStr

from bench.clinic import Clinic, a_key
from cli.embedded.child import Child
from cli.embedded.environment import without_files
from cli.embedded.limber_process import limber_child
from cli.embedded.ports import LOOPBACK, free_ports
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.readiness import answers
from cli.embedded.temporal import EmbeddedTemporal
from database import demo_clinic
from database.engine import create_engine
from database.migrate import upgrade
from messaging.gateway.settings import GatewaySettings, new_credentials
from messaging.gateway.testing import RunningGateway
from schemas.settings import Settings
from worker.bootstrap import bootstrap
from worker.client import connect

_START_SECONDS = 60.0
_NO_RECEIPTS = ("--fault", "callbacks-missing")
"""Receipts are the API's work, and no API runs here."""


@dataclass(frozen=True)
class Stage:
    """The clinic as the caller drives it, and its parts' process ids."""

    clinic: Clinic
    temporal_address: str
    logs: Path
    processes: Mapping[str, int]


@contextlib.asynccontextmanager
async def open_stage(*worker_options: str) -> AsyncIterator[Stage]:
    """The whole clinic in a folder of its own, with virtual time, until the block ends."""
    with contextlib.ExitStack() as parts:
        folder = Path(parts.enter_context(_scratch()))
        postgres = parts.enter_context(EmbeddedPostgres(folder))
        temporal = parts.enter_context(EmbeddedTemporal(folder, time_skipping=True))
        engine = create_engine(postgres.database_url, application_name="limber bench")
        await upgrade(engine)
        async with engine.begin() as connection:
            await demo_clinic.insert_clinic(connection, {}, datetime.now(UTC))
        gateway_port, probe_port = free_ports(2)
        gateway = RunningGateway(
            f"http://{LOOPBACK}:{gateway_port}", GatewaySettings(credentials=new_credentials())
        )
        settings = _settings(postgres.database_url, temporal.address, gateway)
        environment = _environment(settings, probe_port)
        logs = folder / "logs"
        texting = limber_child(
            "gateway", ["gateway", "--port", str(gateway_port), *_NO_RECEIPTS], environment, logs
        )
        working = limber_child("worker", ["worker", *worker_options], environment, logs)
        parts.enter_context(running(texting, lambda: answers(f"{gateway.url}/healthz")))
        parts.enter_context(running(working, lambda: answers(f"http://{LOOPBACK}:{probe_port}/healthz")))
        client = await connect(settings)
        clinic = Clinic(await bootstrap(settings, engine=engine, client=client), gateway)
        yield Stage(
            clinic,
            temporal.address,
            logs,
            {
                "worker": working.pid,
                "Temporal": temporal.pid,
                "PostgreSQL": postgres.pid,
                "gateway": texting.pid,
                "driver": os.getpid(),
            },
        )
        await engine.dispose()


@contextlib.contextmanager
def running(
    child: Child, ready: Callable[[], bool] | None = None, stop_within: float = 10
) -> Iterator[Child]:
    """A child process until the block ends, ready at the beginning if there is a way to tell."""
    child.start()
    try:
        if ready is not None:
            child.wait_until(ready, _START_SECONDS, hint="see the log above")
        yield child
    finally:
        child.stop(stop_within)


def python_child(name: str, module: str, *arguments: str, logs: Path) -> Child:
    """A module of ours as a program, run by this very interpreter."""
    return Child(
        name=name,
        argv=[sys.executable, "-P", "-m", module, *arguments],
        log=logs / f"{name}.log",
        environment=dict(os.environ),
        working_folder=Path.cwd(),
    )


def cpu_seconds(pid: int) -> float:
    """What a process and its children, the ended ones too, have used of the processors so far."""
    process = psutil.Process(pid)
    if pid == os.getpid():  # the parts of the stage are its children
        return float(sum(process.cpu_times()[:2]))
    return float(sum(sum(one.cpu_times()[:4]) for one in (process, *process.children(recursive=True))))


def _scratch() -> tempfile.TemporaryDirectory[str]:
    return tempfile.TemporaryDirectory(prefix="limber-bench-", ignore_cleanup_errors=True)


def _settings(database_url: str, temporal_address: str, gateway: RunningGateway) -> Settings:
    return Settings(
        database_url=database_url,
        temporal_address=temporal_address,
        twilio_account_sid=gateway.account_sid,
        twilio_auth_token=SecretStr(gateway.auth_token),
        twilio_from=gateway.number,
        twilio_api_url=gateway.url,
        public_url=f"http://{LOOPBACK}",
        undo_seconds=0,
        encryption_key_list=a_key(),
    )


def _environment(settings: Settings, probe_port: int) -> dict[str, str]:
    """The same settings for the children."""
    chosen = settings.encryption_key_list, settings.twilio_auth_token
    keys, token = (secret.get_secret_value() if secret else "" for secret in chosen)
    variables = {
        "DATABASE_URL": settings.database_url or "",
        "TEMPORAL_ADDRESS": settings.temporal_address or "",
        "TEMPORAL_NAMESPACE": settings.temporal_namespace,
        "TWILIO_ACCOUNT_SID": settings.twilio_account_sid or "",
        "TWILIO_AUTH_TOKEN": token,
        "TWILIO_FROM": settings.twilio_from or "",
        "LIMBER_TWILIO_API_URL": settings.twilio_api_url or "",
        "LIMBER_PUBLIC_URL": settings.public_url or "",
        "LIMBER_ENCRYPTION_KEYS": keys,
        "LIMBER_METRICS_PORT": str(probe_port),
        "LIMBER_UNDO_SECONDS": str(settings.undo_seconds),
    }
    return without_files(os.environ, variables)
