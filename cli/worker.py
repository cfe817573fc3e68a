"""`limber worker`: run the care plans until asked to stop."""

from __future__ import annotations

import asyncio
import gc
import signal
from typing import Annotated

import typer
import uvloop

from schemas.settings import Settings, SettingsError, load_settings

_KEYS = "LIMBER_ENCRYPTION_KEYS"
_HOW_TO_MAKE_A_KEY = (
    f'make one with: {_KEYS}="$(date +%Y-%m):$(openssl rand -base64 32)", and keep it as safe as the database'
)

_COLLECTIONS = (5_000, 3, 3)
"""How many new objects, and how many rounds among the young, before rings are looked for among the older.

One step of a plan makes thousands of objects and few rings; but what is a ring must not stay long, with a thousand
plans in memory.
"""


def worker(
    texts_per_second: Annotated[
        float | None,
        typer.Option(
            min=0.01, help="Instead of LIMBER_TEXTS_PER_SECOND: texts a second for all workers together."
        ),
    ] = None,
    grace_seconds: Annotated[
        float | None,
        typer.Option(
            min=0, help="Instead of LIMBER_GRACE_SECONDS: how long running work may finish at a stop."
        ),
    ] = None,
    cached_plans: Annotated[
        int | None,
        typer.Option(min=0, help="Instead of LIMBER_CACHED_PLANS: plans kept in memory between their steps."),
    ] = None,
) -> None:
    """Run the care plans: their workflows, their texts, and the chores around them, until SIGTERM or Ctrl-C."""
    from worker.logging import configure_logging

    options = {
        "texts_per_second": texts_per_second,
        "grace_seconds": grace_seconds,
        "cached_plans": cached_plans,
    }
    given = {name: value for name, value in options.items() if value is not None}
    settings = _settings().model_copy(update=given)
    configure_logging(settings, "worker")
    uvloop.run(_work(settings))


def _settings() -> Settings:
    """The environment's settings; in production a missing key is said together with how to make one."""
    try:
        return load_settings()
    except SettingsError as error:
        if _KEYS in str(error):
            raise SettingsError(f"{error}\n{_KEYS}: {_HOW_TO_MAKE_A_KEY}") from None
        raise


async def _work(settings: Settings) -> None:
    from worker.bootstrap import bootstrap
    from worker.process import run_worker

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(asked, stop.set)
    parts = await bootstrap(settings)
    gc.freeze()  # what is loaded now stays: no collection need look through it
    gc.set_threshold(*_COLLECTIONS)
    await run_worker(parts, stop)
