"""The connection to PostgreSQL."""

from __future__ import annotations

import contextlib
import time
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any, Final

import orjson
from sqlalchemy import event
from sqlalchemy.engine import URL, Engine, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import ConnectionPoolEntry, PoolProxiedConnection

_RESTED: Final = 0.5
"""Seconds without use after which a connection is tested: a server restarts no faster."""
_RETURNED_AT: Final = "returned at"
_SMALL_STATEMENTS: Final = {"max_parallel_workers_per_gather": 0, "jit": "off", "random_page_cost": 1.1}
"""How the server plans: a statement of ours looks at some rows by their keys and takes a millisecond or two. Helpers
and compiled code would take ten times that to get ready, and reading a table whole is what gets slow as it grows."""


def create_engine(
    url: str | URL,
    *,
    connections: int = 16,
    statement_timeout: timedelta = timedelta(seconds=15),
    application_name: str = "limber",
) -> AsyncEngine:
    """An engine over psycopg's async driver; a plain `postgresql://` address is accepted too.

    Every statement ends within `statement_timeout`, every wait for a lock within half of it: a stuck
    statement fails and is tried again rather than holding a plan. At most `connections` are open, as many as were
    ever needed at once: opening one costs as much as ten statements. One that has rested is tested before use, so
    a restarted server costs one reconnection and no error.
    """
    milliseconds = int(statement_timeout.total_seconds() * 1000)
    settings = {
        "statement_timeout": milliseconds,
        "lock_timeout": milliseconds // 2,
        "timezone": "UTC",
        **_SMALL_STATEMENTS,
    }
    engine = create_async_engine(
        driver_url(url),
        pool_size=connections,
        max_overflow=0,
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # an error's words must not carry a client's
        connect_args={
            "application_name": application_name,
            "connect_timeout": 10,
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        },
    )
    _test_the_rested(engine.sync_engine)
    return engine


@contextlib.asynccontextmanager
async def one_by_one(engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
    """A connection on which each statement stands alone and commits itself.

    One exchange with the server, where a transaction around a single statement has three.
    """
    async with engine.connect() as connection:
        yield await connection.execution_options(isolation_level="AUTOCOMMIT")


def _test_the_rested(engine: Engine) -> None:
    """SQLAlchemy's own test (`pool_pre_ping`) is an exchange with the server before every single use."""

    @event.listens_for(engine, "checkin")
    def note(_connection: DBAPIConnection | None, entry: ConnectionPoolEntry) -> None:
        entry.info[_RETURNED_AT] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def test(connection: DBAPIConnection, entry: ConnectionPoolEntry, _proxy: PoolProxiedConnection) -> None:
        returned_at = entry.info.get(_RETURNED_AT)
        if returned_at is None or time.monotonic() - returned_at < _RESTED:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError from error


def driver_url(url: str | URL) -> URL:
    """The address with our driver named; the query of the address (host of a socket, sslmode) is kept."""
    return make_url(url).set(drivername="postgresql+psycopg")


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()
