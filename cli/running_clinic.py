"""The clinic that an API process serves, put together from its settings and taken apart at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial
from typing import TYPE_CHECKING

from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.client import Client

from activities.packs import PackShelf
from api.clinic import Clinic, utc_now
from care.pack import builtin
from database.engine import create_engine
from schemas.settings import Settings, SettingsError
from worker.client import connect
from worker.clinic_clock import ClinicClock
from worker.failed_texts import tell_failure
from worker.plan_client import PlanClient
from worker.routing import route_inbound

if TYPE_CHECKING:
    from cli.playing.visitor_time import VisitorTime


@asynccontextmanager
async def running_clinic(settings: Settings) -> AsyncIterator[Clinic]:
    """A clinic over the database and the engine; it starts, and reads, also while either is away.

    Raises SettingsError naming the variable that is missing.
    """
    if settings.database_url is None:
        raise SettingsError(
            "DATABASE_URL: not set, so there is no record to serve; set it to "
            "`postgresql://user:password@host/limber`, or run `limber up`, which has its own"
        )
    clock = ClinicClock(settings.demo_clock)
    client = await connect(settings, lazy=True)
    plans = PlanClient(client)
    engine = create_engine(settings.database_url, application_name="limber api")
    demo = _demo_time(settings, clock, engine, client) if settings.demo_clock else None
    try:
        yield Clinic(
            settings=settings,
            engine=engine,
            plans=plans,
            pack=builtin(),
            pack_by_hash=PackShelf(engine).get,
            route_inbound=partial(route_inbound, engine, plans, not_stopping=settings.stop_words_removed),
            tell_failure=partial(tell_failure, engine, plans),
            clock=clock.now,
            wall_clock=utc_now,
            demo=demo,
        )
    finally:
        if demo is not None:
            await demo.stop()
        await engine.dispose()


def _demo_time(settings: Settings, clock: ClinicClock, engine: AsyncEngine, client: Client) -> VisitorTime:
    from cli.playing.together import moved_clinic  # only a demo's people need what they bring along
    from cli.playing.visitor_time import VisitorTime

    return VisitorTime(moved_clinic(settings, clock, engine, client))
