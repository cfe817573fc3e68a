"""`limber worker`: run the care plans until asked to stop."""

from __future__ import annotations

import asyncio
import signal
from datetime import timedelta
from typing import Annotated

import typer
import uvloop

from schemas.settings import Settings, SettingsError, load_settings
from worker.tuning import Tuning

_KEYS = "LIMBER_ENCRYPTION_KEYS"
_HOW_TO_MAKE_A_KEY = (
    f'make one with: {_KEYS}="$(date +%Y-%m):$(openssl rand -base64 32)", and keep it as safe as the database'
)


def worker(
    texts_per_second: Annotated[
        float,
        typer.Option(
            min=0.01,
            envvar="LIMBER_TEXTS_PER_SECOND",
            help="Texts a second that all workers together may hand to the provider.",
        ),
    ] = Tuning.texts_per_second,
    grace_seconds: Annotated[
        float,
        typer.Option(
            min=0, envvar="LIMBER_GRACE_SECONDS", help="How long running work may finish at a stop."
        ),
    ] = Tuning.grace.total_seconds(),
    cached_plans: Annotated[
        int,
        typer.Option(min=0, envvar="LIMBER_CACHED_PLANS", help="Plans kept in memory between their steps."),
    ] = Tuning.cached_plans,
) -> None:
    """Run the care plans: their workflows, their texts, and the chores around them, until SIGTERM or Ctrl-C."""
    from worker.logging import configure_logging

    settings = _settings()
    configure_logging(settings, "worker")
    tuning = Tuning(
        texts_per_second=texts_per_second,
        grace=timedelta(seconds=grace_seconds),
        cached_plans=cached_plans,
    )
    uvloop.run(_work(settings, tuning))


def _settings() -> Settings:
    """The environment's settings; in production a missing key is said together with how to make one."""
    try:
        return load_settings()
    except SettingsError as error:
        if _KEYS in str(error):
            raise SettingsError(f"{error}\n{_KEYS}: {_HOW_TO_MAKE_A_KEY}") from None
        raise


async def _work(settings: Settings, tuning: Tuning) -> None:
    from worker.bootstrap import bootstrap
    from worker.process import run_worker

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for asked in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(asked, stop.set)
    await run_worker(await bootstrap(settings, tuning), stop)
