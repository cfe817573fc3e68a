"""The clinic that an API process serves, put together from its settings and taken apart at the end."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import partial

from activities.packs import PackShelf
from api.clinic import Clinic
from care.pack import builtin
from database.engine import create_engine
from schemas.settings import Settings, SettingsError
from worker.client import connect
from worker.failed_texts import tell_failure
from worker.plan_client import PlanClient
from worker.routing import route_inbound


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
    plans = PlanClient(await connect(settings, lazy=True))
    engine = create_engine(settings.database_url, application_name="limber api")
    try:
        yield Clinic(
            settings=settings,
            engine=engine,
            plans=plans,
            pack=builtin(),
            pack_by_hash=PackShelf(engine).get,
            route_inbound=partial(route_inbound, engine, plans, not_stopping=settings.stop_words_removed),
            tell_failure=partial(tell_failure, engine, plans),
        )
    finally:
        await engine.dispose()
