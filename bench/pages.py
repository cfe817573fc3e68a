"""`pages`: the console's server time for each page, at a thousand plans and at a hundred thousand."""

from __future__ import annotations

import asyncio
import os
import statistics
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import psutil  # type: ignore[import-untyped]
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.figures import Figure, Report
from bench.served_console import ServedConsole, served_console
from bench.stage import cpu_seconds
from cli.seeding.patterns import PATTERNS
from database.demo_clinic import LEAD, OPERATIONS, SITE_ID
from database.engine import create_engine
from database.tables import alerts, approvals, plans, sessions
from database.tables.attention import ApprovalStatus
from schemas.plan import SessionStatus, Stage
from schemas.protocol import ApprovalKind

MEDIAN_BAR_MS: Final = 50
RATIO_BAR: Final = 1.5
_WARM_UP: Final = 8
"""Reads before any counts: PostgreSQL plans a statement anew until it has seen it a few times."""
_METHOD: Final = (
    "Two consoles, each a `limber api` process over an embedded PostgreSQL that `limber seed` filled, with {small:,} "
    "and with {large:,} plans as of one moment. Each page {times} times over HTTP on a connection that stays open, "
    "in turn at one and at the other: the median at {large:,} plans, its ratio to that at {small:,}, and what a read "
    "used of the processors, service and database together. What the client does counts as the server's time."
)


@dataclass(frozen=True)
class Page:
    """A page as a browser asks for it: in whose name, where, and with what if it is a form."""

    name: str
    path: str
    form: Mapping[str, str] | None = None
    reader: str = LEAD.id


@dataclass(frozen=True)
class Reading:
    """A page as it was read: seconds for each time, and the processors' seconds of all of them."""

    page: str
    seconds: list[float]
    cpu: float

    @property
    def median(self) -> float:
        """Seconds."""
        return statistics.median(self.seconds)


def run(small: int = 1_000, large: int = 100_000, times: int = 25, patterns: int = PATTERNS) -> Report:
    """Fill two databases and read every page of the console over both."""
    return asyncio.run(_measure(small, large, times, patterns))


async def _measure(small: int, large: int, times: int, patterns: int) -> Report:
    now = datetime.now(UTC)
    async with served_console(small, patterns, now) as few, served_console(large, patterns, now) as many:
        load, busy, used = os.getloadavg()[0], _busy_seconds(), _used(few, many)
        began = time.perf_counter()
        read = [
            await _read_in_turn(few, one, many, other, times)
            for one, other in zip(await _pages_of(few), await _pages_of(many), strict=True)
        ]
        spent = (time.perf_counter() - began) * (os.cpu_count() or 1)
        others = (_busy_seconds() - busy) - (_used(few, many) - used)
    figures = [figure for at_few, at_many in read for figure in _figures(at_few, at_many, times)]
    figures.append(Figure("processors used by others meanwhile", 100 * max(0.0, others) / spent, "%"))
    return Report(
        "pages",
        _METHOD.format(times=times, small=small, large=large),
        tuple(figures),
        facts={"load_before_reading": round(load, 2), "load_after_reading": round(os.getloadavg()[0], 2)},
    )


async def _read_in_turn(
    few: ServedConsole, page: Page, many: ServedConsole, same: Page, times: int
) -> tuple[Reading, Reading]:
    both = ((few, page, list[float]()), (many, same, list[float]()))
    for _ in range(_WARM_UP):
        for console, one, _seconds in both:
            await seconds_to_read(console, one)
    used = [console.cpu_seconds() for console, _, _ in both]
    for _ in range(times):
        for console, one, seconds in both:
            seconds.append(await seconds_to_read(console, one))
    at_few, at_many = (
        Reading(one.name, seconds, console.cpu_seconds() - before)
        for (console, one, seconds), before in zip(both, used, strict=True)
    )
    return at_few, at_many


async def seconds_to_read(console: ServedConsole, page: Page) -> float:
    """How long one read takes; HTTPStatusError, which names the address, if the answer is not the page."""
    reader = console.readers[page.reader]
    began = time.perf_counter()
    answer = await (
        reader.get(page.path) if page.form is None else reader.post(page.path, data=dict(page.form))
    )
    seconds = time.perf_counter() - began
    answer.raise_for_status()
    return seconds


def _figures(few: Reading, many: Reading, times: int) -> tuple[Figure, ...]:
    return (
        Figure(f"{many.page}, median", many.median * 1000, "ms", bar=MEDIAN_BAR_MS),
        Figure(f"{many.page}, ratio", many.median / few.median, "", bar=RATIO_BAR),
        Figure(f"{many.page}, processors", many.cpu / times * 1000, "ms"),
    )


def _busy_seconds() -> float:
    """What all processes of this machine have used of its processors so far."""
    told = psutil.cpu_times()
    return float(sum(told) - told.idle - getattr(told, "iowait", 0.0) - getattr(told, "guest", 0.0))


def _used(*consoles: ServedConsole) -> float:
    """What the consoles and this process, which reads them, have used."""
    return sum(one.cpu_seconds() for one in consoles) + cpu_seconds(os.getpid())


async def _pages_of(console: ServedConsole) -> list[Page]:
    engine = create_engine(console.database_url, application_name="limber bench")
    try:
        return await _pages(engine)
    finally:
        await engine.dispose()


async def _pages(engine: AsyncEngine) -> list[Page]:
    """Every page that lists or shows; those about one plan show a running one, with much behind it.

    The decision is on a change of step, if one waits: none has more to show.
    """
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
            .order_by((approvals.c.kind == ApprovalKind.taper).desc(), approvals.c.due_at, approvals.c.id)
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
        Page("Approvals, everyone's", "/approvals?whose=everyone"),
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
