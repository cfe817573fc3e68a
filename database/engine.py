"""The connection to PostgreSQL."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy.engine import URL, make_url
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine


def create_engine(
    url: str | URL,
    *,
    pool_size: int = 10,
    max_overflow: int = 5,
    statement_timeout: timedelta = timedelta(seconds=15),
    application_name: str = "limber",
) -> AsyncEngine:
    """An engine over psycopg's async driver; a plain `postgresql://` address is accepted too.

    Every statement ends within `statement_timeout`, every wait for a lock within half of it: a stuck
    statement fails and is tried again rather than holding a plan. Connections are tested before use, so a
    restarted server costs one reconnection and no error.
    """
    milliseconds = int(statement_timeout.total_seconds() * 1000)
    settings = {"statement_timeout": milliseconds, "lock_timeout": milliseconds // 2, "timezone": "UTC"}
    return create_async_engine(
        driver_url(url),
        pool_size=pool_size,
        max_overflow=max_overflow,
        pool_pre_ping=True,
        json_serializer=_to_json,
        json_deserializer=orjson.loads,
        hide_parameters=True,  # an error's words must not carry a client's
        connect_args={
            "application_name": application_name,
            "connect_timeout": 10,
            "options": " ".join(f"-c {name}={value}" for name, value in settings.items()),
        },
    )


def driver_url(url: str | URL) -> URL:
    """The address with our driver named; the query of the address (host of a socket, sslmode) is kept."""
    return make_url(url).set(drivername="postgresql+psycopg")


def _to_json(value: Any) -> str:
    return orjson.dumps(value).decode()
