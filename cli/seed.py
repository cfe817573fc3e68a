"""`limber seed`: fill a clinic, with a dozen clients who live a month of care or with plans to measure with."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from typing import Annotated

import typer
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.embedded.errors import StackError
from database.demo_plans import plan_count
from database.engine import create_engine
from schemas.settings import Environment, Settings, load_settings


def seed(
    *,
    plans: Annotated[
        int | None,
        typer.Option("--plans", "--clients", min=1, help="Write so many plans straight into the database."),
    ] = None,
    demo_clients: Annotated[
        bool, typer.Option("--demo-clients", help="Let the demo's clients come and live a month of care.")
    ] = False,
    beside: Annotated[
        bool, typer.Option("--beside", help="With --plans: also where there are plans already.")
    ] = False,
) -> None:
    """Fill a clinic. `--plans` is for measurements: no workflow runs these plans, so nothing in them ever moves."""
    settings = load_settings()
    if settings.environment is Environment.PRODUCTION:
        raise StackError(
            "seed", "LIMBER_ENV is production, where nobody is invented", "run it somewhere else"
        )
    if (plans is None) == (not demo_clients):
        raise typer.BadParameter("say either --plans N or --demo-clients")
    if settings.database_url is None:
        raise StackError(
            "seed", "no clinic runs here and DATABASE_URL is not set", "start one with `limber up`, or set it"
        )
    if plans is None:
        asyncio.run(_bring_demo_clients(settings))
    else:
        asyncio.run(_write_plans(settings.database_url, plans, beside=beside))


async def _write_plans(database_url: str, plans: int, *, beside: bool) -> None:
    from cli.seeding.writing import write_plans

    engine = create_engine(database_url, application_name="limber seed")
    try:
        if not beside:
            await refuse_unless_empty(engine)
        written = await write_plans(engine, plans, datetime.now(UTC))
    finally:
        await engine.dispose()
    _say(f"{plans} plans written in {written.total_seconds():.0f} s; no workflow runs them")


async def _bring_demo_clients(settings: Settings) -> None:
    from cli.playing.arrivals import Arrivals
    from cli.playing.together import moved_clinic
    from worker.client import connect
    from worker.clinic_clock import ClinicClock

    if settings.demo_clock is None:
        raise StackError(
            "seed",
            "the clinic's clock cannot be moved, so no month can pass",
            "start a demo with `limber up`",
        )
    engine = create_engine(settings.database_url or "", application_name="limber seed")
    clinic = moved_clinic(settings, ClinicClock(settings.demo_clock), engine, await connect(settings))
    try:
        await Arrivals(clinic, _say).run()
    finally:
        await clinic.staff.close()
        await engine.dispose()


async def refuse_unless_empty(engine: AsyncEngine) -> None:
    """Raise StackError if the database holds plans: invented ones among real ones would be found out too late."""
    there = await plan_count(engine)
    if there:
        raise StackError(
            "seed",
            f"the database holds {there} plans already",
            "use an empty one, or write beside them with --beside",
        )


def _say(sentence: str) -> None:
    print(sentence, flush=True)
