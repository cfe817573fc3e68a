"""The demo's clock in the console: there in a demo, with one form that moves time, and nowhere else."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI

from api.app import create_app
from api.demo_time import Journey, Stride
from database.demo_clinic import THERAPIST
from tests.console.conftest import MORNING, SITE, Clock, enter

WEEK = timedelta(weeks=1)


class ShownTime:
    """A demo's time as a visitor meets it: it says what was asked of it, and arrives when the test lets it."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self.asked: list[tuple[Stride, bool]] = []
        self.journey: Journey | None = None
        self.arrives = True

    def begin(self, stride: Stride, *, staff_decide: bool) -> None:
        """Note what was asked; the clinic's clock moves with it."""
        self.asked.append((stride, staff_decide))
        began, self._clock.now = self._clock.now, self._clock.now + (WEEK if self.arrives else WEEK / 2)
        self.journey = Journey(began, began + WEEK, self._clock.now, over=self.arrives)

    async def arrived(self, within: timedelta) -> bool:
        """Whether it has."""
        return self.arrives

    @property
    def under_way(self) -> bool:
        """Whether it moves."""
        return self.journey is not None and not self.journey.over


@pytest.fixture
def time(clock: Clock) -> ShownTime:
    """The demo's time."""
    return ShownTime(clock)


@pytest.fixture
async def visitor(app: FastAPI, time: ShownTime) -> AsyncIterator[httpx2.AsyncClient]:
    """A visitor of a demo, signed in as its physiotherapist."""
    demo = create_app(replace(app.state.clinic, demo=time, wall_clock=lambda: MORNING))
    async with httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=demo),
        base_url=SITE,
        headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
    ) as browser:
        await enter(browser, THERAPIST)
        yield browser


async def test_a_clinic_that_is_no_demo_has_no_such_address_and_shows_no_control(
    priya: httpx2.AsyncClient,
) -> None:
    assert (await priya.get("/demo/clock")).status_code == 404
    assert (await priya.post("/demo/clock", data={"by": "week"})).status_code in (404, 405)
    assert "demo-badge" not in (await priya.get("/attention")).text


async def test_every_page_of_a_demo_says_so_with_the_clinic_s_own_date(visitor: httpx2.AsyncClient) -> None:
    page = (await visitor.get("/plans?stage=active")).text
    assert "demo-badge" in page
    assert "Tue 24 Nov 2026, 10:12" in page
    assert 'name="back" value="/plans?stage=active"' in page


async def test_a_short_move_leads_straight_back_to_where_the_visitor_was(
    visitor: httpx2.AsyncClient, time: ShownTime
) -> None:
    moved = await visitor.post("/demo/clock", data={"by": "week", "back": "/today", "staff": "yes"})
    assert (moved.status_code, moved.headers["location"]) == (303, "/today")
    assert time.asked == [(Stride.week, True)]
    assert "Tue 1 Dec 2026" in (await visitor.get("/today")).text


async def test_a_long_move_shows_how_far_it_is_and_can_be_looked_at_again_without_a_script(
    visitor: httpx2.AsyncClient, time: ShownTime
) -> None:
    time.arrives = False
    moved = await visitor.post("/demo/clock", data={"by": "week", "back": "/today"})
    assert moved.headers["location"] == "/demo/clock?back=%2Ftoday"
    page = (await visitor.get(moved.headers["location"])).text
    assert '<noscript><p><a class="button primary" href="/demo/clock?back=/today">Look again</a>' in page
    assert (
        "http-equiv" not in page
    )  # WCAG 2.2.1: a page that loads itself anew throws its reader back to its top
    assert 'value="50"' in page
    assert "Tue 1 Dec 2026, 10:12" in page


async def test_a_move_that_stopped_says_why_and_does_not_ask_again(
    visitor: httpx2.AsyncClient, time: ShownTime
) -> None:
    time.journey = Journey(MORNING, MORNING + WEEK, MORNING, over=True, fault="The engine does not answer.")
    page = (await visitor.get("/demo/clock?back=/today")).text
    assert "The engine does not answer." in page
    assert "data-moves" not in page and "Look again" not in page


@pytest.mark.parametrize("back", ["//elsewhere.example", "https://elsewhere.example", "/demo/clock"])
async def test_the_way_back_stays_in_the_console(visitor: httpx2.AsyncClient, back: str) -> None:
    moved = await visitor.post("/demo/clock", data={"by": "hour", "back": back})
    assert moved.headers["location"] == "/attention"


async def test_time_moves_by_what_the_form_offers_only(visitor: httpx2.AsyncClient, time: ShownTime) -> None:
    assert (await visitor.post("/demo/clock", data={"by": "century"})).status_code == 422
    assert not time.asked


async def test_a_log_in_lives_by_the_world_s_clock_however_far_the_clinic_s_has_moved(
    visitor: httpx2.AsyncClient,
) -> None:
    for _ in range(5):
        await visitor.post("/demo/clock", data={"by": "week"})
    assert (await visitor.get("/attention")).status_code == 200
