"""Between two clients a therapist records an outcome on a phone: a handful of taps on two pages, none of them missed.

By the keystroke-level model (docs/promises.md) this bounds the time; nothing here is timed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import pytest
from playwright.async_api import Locator, Page, expect

from database.demo_clinic import THERAPIST
from tests.browser.conftest import Seat
from tests.browser.lively_clinic import NOW, LivelyClinic

_MEI: Final = "M.T."
_HER_VISIT_HAS_BEGUN: Final = NOW + timedelta(hours=6)
_OWN_BARS: Final = 140
"""CSS pixels at the foot of the window that the page's own bars cover."""


@dataclass
class Hands:
    """What the therapist's hands did."""

    page: Page
    taps: int = 0
    keys: int = 0
    scrolls: int = 0
    pages: list[str] = field(default_factory=list)

    async def tap(self, target: Locator) -> None:
        """Bring it into sight if it is not, and tap it."""
        box, window = await target.bounding_box(), self.page.viewport_size
        assert box is not None and window is not None
        if not 0 <= box["y"] <= window["height"] - _OWN_BARS:
            self.scrolls += 1
        await target.tap()
        self.taps += 1

    async def write(self, words: str) -> None:
        """Type into what was tapped last."""
        await self.page.keyboard.type(words)
        self.keys += len(words)


@pytest.fixture
async def hands(seat: Seat, lively: LivelyClinic) -> AsyncIterator[Hands]:
    """Priya's phone, a narrow one, at Today after Mei's visit has begun."""
    browser = (await seat(THERAPIST)).context.browser
    assert browser is not None
    context = await browser.new_context(
        storage_state=await (await seat(THERAPIST)).context.storage_state(),
        viewport={"width": 320, "height": 640},
        has_touch=True,
        is_mobile=True,
        reduced_motion="reduce",
    )
    lively.clock.now = _HER_VISIT_HAS_BEGUN
    page = await context.new_page()
    await page.goto(f"{lively.url}/today")
    found = Hands(page)
    page.on("domcontentloaded", lambda shown: found.pages.append(shown.url))
    yield found
    lively.clock.now = NOW
    await context.close()


async def test_a_visit_that_took_place_is_recorded_in_seven_taps(hands: Hands, lively: LivelyClinic) -> None:
    plan_id = lively.plan_of["Mei"]
    page, row = hands.page, hands.page.locator("[data-row]", has_text=_MEI)
    number = int(str(await row.get_attribute("data-row")).rpartition("-")[2])
    await hands.tap(row.get_by_role("link", name="Outcome"))
    for score in ("Pain", "Stiffness"):
        await hands.tap(page.get_by_role("group", name=f"{score} in one tap").get_by_role("button", name="2"))
    await hands.tap(page.get_by_label("PSFS"))
    await hands.write("6.8")
    for technique in await page.locator(".techniques label:not(.barred)").all():
        if hands.taps < 6:
            await hands.tap(technique)
    await hands.tap(page.get_by_role("button", name="Record the outcome"))

    await expect(page.get_by_role("status").filter(has_text="recorded")).to_be_visible()
    scored = lively.plans.states[plan_id].progress.scores[-1]
    assert (scored.session_no, scored.pain, scored.stiffness, scored.primary) == (number, 2, 2, 6.8)
    assert (hands.taps, hands.keys) == (7, 3)
    assert hands.scrolls <= 4
    assert len(hands.pages) == 2
