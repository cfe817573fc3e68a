"""The services of the clinic: the database, Temporal, SMS, and our own API and worker."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import httpx2
import psycopg
from alembic.script import ScriptDirectory
from temporalio.client import Client
from temporalio.service import RPCError

from cli.embedded.checkup.finding import Finding, State
from cli.embedded.postgres_binaries import OLDEST_MAJOR
from cli.embedded.readiness import answers
from database.migrate import alembic_config
from schemas.settings import Settings

_TWILIO = "https://api.twilio.com"
_WAIT_SECONDS = 5
_CLOCK_TOLERANCE = timedelta(seconds=5)
_START = "start the clinic with `limber up`"


def look_at_services(settings: Settings, *, stack_runs: bool, worker_url: str | None) -> Iterator[Finding]:
    """Ask each service, briefly. What is neither configured nor running is ``off``, not a fault."""
    yield from _database(settings)
    yield asyncio.run(_temporal(settings))
    yield _sms(settings)
    if stack_runs:
        yield _probe("API", f"http://127.0.0.1:{settings.api_port}/readyz", "api.log")
        if worker_url:
            yield _probe("worker", worker_url, "worker.log")


def _database(settings: Settings) -> Iterator[Finding]:
    if settings.database_url is None:
        yield Finding("database", State.OFF, "not running here and DATABASE_URL is not set", _START)
        return
    url = settings.database_url.replace("postgresql+psycopg://", "postgresql://", 1)
    try:
        with psycopg.connect(url, connect_timeout=_WAIT_SECONDS, autocommit=True) as connection:
            yield _server_version(connection)
            yield _schema(connection)
            yield _clock(connection)
    except psycopg.OperationalError as error:
        yield Finding(
            "database",
            State.BAD,
            f"it does not answer: {' '.join(str(error).split())}",
            "check that the server runs and that DATABASE_URL names it, the user and the database",
        )


def _server_version(connection: psycopg.Connection) -> Finding:
    major = connection.info.server_version // 10000
    if major < OLDEST_MAJOR:
        return Finding(
            "database",
            State.BAD,
            f"PostgreSQL {major} is older than {OLDEST_MAJOR}",
            f"move to a server of version {OLDEST_MAJOR} or newer",
        )
    return Finding("database", State.GOOD, f"PostgreSQL {major} answers")


def _schema(connection: psycopg.Connection) -> Finding:
    wanted = set(ScriptDirectory.from_config(alembic_config()).get_heads())
    try:
        rows = connection.execute("select version_num from alembic_version").fetchall()
    except psycopg.errors.UndefinedTable:
        rows = []
    found = {str(row[0]) for row in rows}
    if found == wanted:
        return Finding("database schema", State.GOOD, f"at {', '.join(sorted(found))}")
    known = ", ".join(sorted(found)) or "empty"
    return Finding(
        "database schema",
        State.BAD,
        f"it is {known} and this version needs {', '.join(sorted(wanted))}",
        "run `limber migrate`; if the database is newer, install the version that made it",
    )


def _clock(connection: psycopg.Connection) -> Finding:
    row = connection.execute("select clock_timestamp()").fetchone()
    apart = abs(datetime.now(UTC) - row[0]) if row else timedelta()
    if apart > _CLOCK_TOLERANCE:
        return Finding(
            "clock",
            State.BAD,
            f"this machine and the database differ by {apart.total_seconds():.0f} s",
            "turn time synchronisation on (timedatectl set-ntp true) on both",
        )
    return Finding("clock", State.GOOD, "this machine and the database agree")


async def _temporal(settings: Settings) -> Finding:
    address = settings.temporal_address
    if address is None:
        return Finding("Temporal", State.OFF, "not running here and TEMPORAL_ADDRESS is not set", _START)
    try:
        client = await asyncio.wait_for(
            Client.connect(address, namespace=settings.temporal_namespace), _WAIT_SECONDS
        )
        await client.count_workflows("")
    except (RuntimeError, TimeoutError):
        return Finding(
            "Temporal",
            State.BAD,
            f"nothing answers at {address}",
            "check that the server runs and that TEMPORAL_ADDRESS names its frontend",
        )
    except RPCError as error:
        return Finding(
            "Temporal",
            State.BAD,
            f"namespace {settings.temporal_namespace!r} at {address} refuses: {error.message}",
            f"create it with `temporal operator namespace create {settings.temporal_namespace}`, "
            "or correct TEMPORAL_NAMESPACE",
        )
    return Finding("Temporal", State.GOOD, f"{address} answers for {settings.temporal_namespace!r}")


def _sms(settings: Settings) -> Finding:
    if settings.twilio_account_sid is None or settings.twilio_auth_token is None:
        return Finding("SMS", State.OFF, "no gateway runs here and TWILIO_ACCOUNT_SID is not set", _START)
    base = (settings.twilio_api_url or _TWILIO).rstrip("/")
    part = "SMS gateway" if settings.twilio_api_url else "Twilio"
    try:
        answer = httpx2.get(
            f"{base}/2010-04-01/Accounts/{settings.twilio_account_sid}/Messages.json",
            params={"PageSize": 1},
            auth=(settings.twilio_account_sid, settings.twilio_auth_token.get_secret_value()),
            timeout=_WAIT_SECONDS,
            trust_env=settings.twilio_api_url is None,  # a proxy leads out, never to a gateway beside us
        )
    except httpx2.HTTPError as error:
        reason = type(error).__name__
        return Finding(
            part, State.BAD, f"{base} does not answer ({reason})", "check the address and the network"
        )
    return _sms_answer(part, base, answer.status_code)


def _sms_answer(part: str, base: str, status: int) -> Finding:
    if status == httpx2.codes.OK:
        return Finding(part, State.GOOD, f"{base} answers and knows the account")
    if status in (httpx2.codes.UNAUTHORIZED, httpx2.codes.FORBIDDEN):
        return Finding(
            part, State.BAD, f"{base} refuses the account", "correct TWILIO_ACCOUNT_SID and TWILIO_AUTH_TOKEN"
        )
    return Finding(part, State.BAD, f"{base} answers {status}", "see the provider's status page")


def _probe(part: str, url: str, log: str) -> Finding:
    if answers(url, timeout=_WAIT_SECONDS):
        return Finding(part, State.GOOD, f"{url} is ready")
    return Finding(part, State.BAD, f"{url} is not ready", f"see {log} in the data directory's logs")
