"""`pages`: the console's server time for each page, at a thousand plans and at a hundred thousand."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import statistics
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import httpx2
import structlog
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.identity import COOKIE, TokenScope
from bench.clinic import a_key
from bench.figures import Figure, Report
from cli.embedded.postgres import EmbeddedPostgres
from cli.running_clinic import running_clinic
from cli.seeding.patterns import PATTERNS
from cli.seeding.writing import write_plans
from database.demo_clinic import LEAD, OPERATIONS, SITE_ID
from database.engine import create_engine
from database.migrate import upgrade
from database.tables import alerts, approvals, plans, sessions
from database.tables.attention import ApprovalStatus
from database.tokens import issue_token
from schemas.plan import SessionStatus, Stage
from schemas.settings import Settings

MEDIAN_BAR_MS: Final = 50
RATIO_BAR: Final = 1.5
_WARM_UP: Final = 3
_METHOD: Final = (
    "Each page {times} times from the application itself, without a network, over an embedded PostgreSQL that "
    "`limber seed` filled with {small:,} and with {large:,} plans; the median. A page's figure is its time at "
    "{large:,} plans, its ratio that to its time at {small:,}."
)


@dataclass(frozen=True)
class Page:
    """A page as a browser asks for it: in whose name, where, and with what if it is a form."""

    name: str
    path: str
    form: Mapping[str, str] | None = None
    reader: str = LEAD.id


def run(small: int = 1_000, large: int = 100_000, times: int = 25, patterns: int = PATTERNS) -> Report:
    """Fill two databases, one after the other, and read every page of the console over each."""
    taken = {count: asyncio.run(_filled_and_read(count, times, patterns)) for count in (small, large)}
    figures: list[Figure] = []
    for page, seconds in taken[large].items():
        figures.append(Figure(f"{page}, median", seconds * 1000, "ms", bar=MEDIAN_BAR_MS))
        figures.append(Figure(f"{page}, ratio", seconds / taken[small][page], "", bar=RATIO_BAR))
    return Report("pages", _METHOD.format(times=times, small=small, large=large), tuple(figures))


async def _filled_and_read(plan_count: int, times: int, patterns: int) -> dict[str, float]:
    with (
        tempfile.TemporaryDirectory(prefix="limber-bench-", ignore_cleanup_errors=True) as scratch,
        EmbeddedPostgres(Path(scratch), durable=False) as postgres,
    ):
        engine = create_engine(postgres.database_url, application_name="limber bench")
        await upgrade(engine)
        await write_plans(engine, plan_count, datetime.now(UTC), patterns)
        await engine.dispose()
        return await page_times(postgres.database_url, times)


async def page_times(database_url: str, times: int) -> dict[str, float]:
    """The median seconds of each page of the console over this database, by the page's name."""
    quiet = structlog.make_filtering_bound_logger(logging.WARNING)
    structlog.configure(wrapper_class=quiet)
    engine = create_engine(database_url, application_name="limber bench")
    try:
        async with _readers(database_url, engine) as readers:
            taken = {}
            for page in await _pages(engine):
                taken[page.name] = await _median(readers[page.reader], page, times)
            return taken
    finally:
        await engine.dispose()


async def _median(reader: httpx2.AsyncClient, page: Page, times: int) -> float:
    seconds = []
    for _ in range(_WARM_UP + times):
        began = time.perf_counter()
        if page.form is None:
            answer = await reader.get(page.path)
        else:
            answer = await reader.post(page.path, data=dict(page.form))
        seconds.append(time.perf_counter() - began)
        answer.raise_for_status()
    return statistics.median(seconds[_WARM_UP:])


@contextlib.asynccontextmanager
async def _readers(database_url: str, engine: AsyncEngine) -> AsyncIterator[dict[str, httpx2.AsyncClient]]:
    """Signed-in members of the demo clinic's staff, by their ids."""
    settings = Settings(
        database_url=database_url,
        temporal_address="127.0.0.1:9",  # the pages read the record; nobody need be there
        encryption_key_list=a_key(),
    )
    async with running_clinic(settings) as clinic, contextlib.AsyncExitStack() as clients:
        application = create_app(clinic)
        readers = {}
        for member in (LEAD, OPERATIONS):
            token = await issue_token(engine, member.id, (TokenScope.console,), now=datetime.now(UTC))
            readers[member.id] = await clients.enter_async_context(
                httpx2.AsyncClient(
                    transport=httpx2.ASGITransport(app=application),
                    base_url="http://clinic",
                    cookies={COOKIE: token},
                    headers={"Sec-Fetch-Site": "same-origin"},
                )
            )
        yield readers


async def _pages(engine: AsyncEngine) -> list[Page]:
    """Every page that lists or shows; those about one plan show a running one."""
    here = plans.c.site_id == SITE_ID
    async with engine.connect() as connection:
        plan = await connection.scalar(
            select(plans.c.id)
            .where(here, plans.c.stage == Stage.active)
            .order_by(plans.c.seq.desc(), plans.c.id)
            .limit(1)
        )
        approval = await connection.scalar(
            select(approvals.c.id)
            .join(plans, plans.c.id == approvals.c.plan_id)
            .where(here, approvals.c.status == ApprovalStatus.open)
            .order_by(approvals.c.due_at, approvals.c.id)
            .limit(1)
        )
        alert = await connection.scalar(
            select(alerts.c.id)
            .join(plans, plans.c.id == alerts.c.plan_id)
            .where(here, alerts.c.closed_at.is_(None))
            .order_by(alerts.c.opened_at, alerts.c.id)
            .limit(1)
        )
        booked = (
            await connection.execute(
                select(sessions.c.plan_id, sessions.c.no)
                .join(plans, plans.c.id == sessions.c.plan_id)
                .where(here, sessions.c.status == SessionStatus.booked)
                .order_by(func.lower(sessions.c.during), sessions.c.plan_id)
                .limit(1)
            )
        ).one()
    return [
        Page("Needs attention", "/attention"),
        Page("Needs attention, mine", "/attention?whose=mine"),
        Page("Approvals", "/approvals"),
        Page("Approval", f"/approvals/{approval}"),
        Page("Plans", "/plans"),
        Page("Plans, one stage", "/plans?stage=active"),
        Page("Plans, ended too", "/plans?ended=true"),
        Page("Plans by name", "/plans/search", {"q": "ellis"}),
        Page("Plan", f"/plans/{plan}"),
        Page("Alert", f"/alerts/{alert}"),
        Page("Outcome", f"/plans/{booked.plan_id}/sessions/{booked.no}/outcome"),
        Page("Today", "/today"),
        Page("Deliveries", "/deliveries"),
        Page("Deliveries, trouble", "/deliveries?which=trouble"),
        Page("System", "/system", reader=OPERATIONS.id),
    ]
