"""`webhook`: how fast an inbound text is on record and answered, while the care-plan engine is away."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final
from urllib.parse import urlencode

import httpx2
from sqlalchemy import text

from bench.clients import a_plan, an_intake, mobile_of
from bench.figures import Figure, Report
from bench.stage import running
from cli.embedded.environment import without_files
from cli.embedded.limber_process import limber_child
from cli.embedded.ports import LOOPBACK, free_ports
from cli.embedded.postgres import EmbeddedPostgres
from cli.embedded.readiness import answers
from database import demo_clinic
from database.engine import create_engine
from database.intakes import create_plan
from database.migrate import upgrade
from messaging.signature import HEADER, sign

P99_BAR_MS: Final = 100
_PER_SECOND: Final = 50
_SENDERS: Final = 40
_TOKEN: Final = secrets.token_hex(16)
_ACCOUNT: Final = "AC" + "0" * 32
_FORM: Final = "application/x-www-form-urlencoded; charset=UTF-8"
_METHOD: Final = (
    "A `limber api` process on an embedded, durable PostgreSQL and no Temporal; {seconds} s of signed inbound "
    "webhooks at {rate} a second, sent on time whatever the answers do, every text from a client with an open plan. "
    "Beside it: the same number of requests that touch nothing (/healthz)."
)


def run(seconds: int = 20) -> Report:
    """Serve webhooks with Temporal stopped; every text must be stored, and its answer quick."""
    with tempfile.TemporaryDirectory(prefix="limber-bench-", ignore_cleanup_errors=True) as scratch:
        return asyncio.run(_measure(Path(scratch), seconds))


async def _measure(folder: Path, seconds: int) -> Report:
    with contextlib.ExitStack() as parts:
        postgres = parts.enter_context(EmbeddedPostgres(folder))
        engine = create_engine(postgres.database_url, application_name="limber bench")
        await upgrade(engine)
        now = datetime.now(UTC)
        async with engine.begin() as connection:
            await demo_clinic.insert_clinic(connection, {}, now)
        for number in range(_SENDERS):
            await create_plan(engine, an_intake(a_plan(number, now), mobile_of(number)))
        port, nobody = free_ports(2)
        url = f"http://{LOOPBACK}:{port}"
        environment = _environment(postgres.database_url, url, port, f"{LOOPBACK}:{nobody}")
        api = limber_child("api", ["api"], environment, folder / "logs")
        parts.enter_context(running(api, lambda: answers(f"{url}/healthz")))
        async with httpx2.AsyncClient(trust_env=False, timeout=30) as client:
            nothing = await _at_rate(seconds, lambda number: _get(client, url, number))
            inbound = await _at_rate(seconds, lambda number: _text_in(client, url, number))
        async with engine.connect() as connection:
            stored = (await connection.execute(text("SELECT count(*) FROM inbound_messages"))).scalar_one()
        await engine.dispose()
    return Report(
        "webhook",
        _METHOD.format(seconds=seconds, rate=_PER_SECOND),
        (
            Figure("inbound webhook, p50", statistics.median(inbound) * 1000, "ms"),
            Figure("inbound webhook, p99", _p99(inbound) * 1000, "ms", bar=P99_BAR_MS),
            Figure("inbound webhook, slowest", max(inbound) * 1000, "ms"),
            Figure("nothing, p99", _p99(nothing) * 1000, "ms"),
            Figure("texts stored", stored, "texts", bar=len(inbound), at_least=True),
        ),
    )


async def _at_rate(seconds: int, ask: Callable[[int], Awaitable[None]]) -> list[float]:
    """Ask on time, whether or not earlier answers are there; how long each took from when it should have begun."""
    began, taken = time.perf_counter(), list[float]()

    async def once(number: int) -> None:
        due = began + number / _PER_SECOND
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        await ask(number)
        taken.append(time.perf_counter() - due)

    await asyncio.gather(*(once(number) for number in range(seconds * _PER_SECOND)))
    return taken


async def _get(client: httpx2.AsyncClient, url: str, _number: int) -> None:
    (await client.get(f"{url}/healthz")).raise_for_status()


async def _text_in(client: httpx2.AsyncClient, url: str, number: int) -> None:
    address = f"{url}/webhooks/twilio/inbound"
    fields = [
        ("MessageSid", "SM" + secrets.token_hex(16)),
        ("From", mobile_of(number % _SENDERS) or ""),
        ("To", "+447700900000"),
        ("Body", str(number)),
        ("NumMedia", "0"),
    ]
    headers = {"Content-Type": _FORM, HEADER: sign(_TOKEN, address, fields)}
    (await client.post(address, content=urlencode(fields), headers=headers)).raise_for_status()


def _p99(seconds: list[float]) -> float:
    return statistics.quantiles(seconds, n=100)[98]


def _environment(database_url: str, url: str, port: int, no_temporal: str) -> dict[str, str]:
    return without_files(
        os.environ,
        {
            "DATABASE_URL": database_url,
            "TEMPORAL_ADDRESS": no_temporal,
            "TWILIO_ACCOUNT_SID": _ACCOUNT,
            "TWILIO_AUTH_TOKEN": _TOKEN,
            "TWILIO_FROM": "+447700900000",
            "LIMBER_PUBLIC_URL": url,
            "LIMBER_API_PORT": str(port),
        },
    )
