"""A browser, the lively clinic in it with everybody signed in, and the clients' phones."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator

import pytest
from playwright.async_api import Browser, Page

from database.demo_clinic import Person
from messaging.gateway.testing import RunningGateway
from tests.browser.chromium import HOW_TO_GET_IT, chromium, installed_chromium
from tests.browser.lively_clinic import LivelyClinic, lively_clinic
from tests.browser.phones import busy_phones
from tests.browser.shown import sign_in

Seat = Callable[[Person | None], Awaitable[Page]]


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    """One Chromium for the whole run; without one these tests are left out, except where all must run."""
    if installed_chromium() is None and os.environ.get("CI") != "true":
        pytest.skip(HOW_TO_GET_IT)
    async with chromium() as opened:
        yield opened


@pytest.fixture(scope="session")
async def lively(database_url: str) -> AsyncIterator[LivelyClinic]:
    """The clinic of an ordinary Tuesday, on a port of this machine."""
    async with lively_clinic(database_url) as clinic:
        yield clinic


@pytest.fixture(scope="session")
async def seat(browser: Browser, lively: LivelyClinic) -> AsyncIterator[Seat]:
    """A person's own window with the console in it; the same one whenever it is asked for. None is a stranger's."""
    pages: dict[str | None, Page] = {}

    async def take(person: Person | None) -> Page:
        name = person.id if person else None
        if name not in pages:
            context = await browser.new_context(locale="en-GB", reduced_motion="reduce")
            pages[name] = await context.new_page()
            if person:
                await sign_in(pages[name], lively, person)
        return pages[name]

    yield take
    for page in pages.values():
        await page.context.close()


@pytest.fixture(scope="session")
def phones() -> Iterator[RunningGateway]:
    """The gateway with busy phones."""
    with busy_phones() as gateway:
        yield gateway
