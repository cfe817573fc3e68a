"""Between two clients a therapist records an outcome on a phone: a handful of taps on two pages, none of them missed.

By the keystroke-level model (docs/promises.md) this bounds the time; nothing here is timed.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

import pytest
from playwright.async_api import Locator, Page, Response, expect

from care.alerts import day_not_asked
from database.demo_clinic import THERAPIST
from tests.browser.conftest import Seat
from tests.browser.lively_clinic import NOW, LivelyClinic

_MEI: Final = "M.T."
_HER_VISIT_HAS_BEGUN: Final = NOW + timedelta(hours=6)
_OWN_BARS: Final = 140
"""CSS pixels at the foot of the window that the page's own bars cover."""
_FINGER: Final = 44
"""CSS pixels that a finger finds between two clients."""


@dataclass
class Hands:
    """What the therapist's hands did."""

    page: Page
    taps: int = 0
    keys: int = 0
    scrolls: int = 0
    pages: list[str] = field(default_factory=list)

    def shown(self, answer: Response) -> None:
        """Count a page when it is answered: its first lines can be read before the browser says that it is whole."""
        if answer.request.is_navigation_request() and answer.ok:
            self.pages.append(answer.url)

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
    page.on("response", found.shown)
    yield found
    lively.clock.now = NOW
    await context.close()


async def test_a_visit_that_took_place_is_recorded_in_eleven_taps(hands: Hands, lively: LivelyClinic) -> None:
    plan_id = lively.plan_of["Mei"]
    page, row = hands.page, hands.page.locator("[data-row]", has_text=_MEI)
    number = int(str(await row.get_attribute("data-row")).rpartition("-")[2])
    await hands.tap(row.get_by_role("link", name="Outcome"))
    for question, answer in (("DAY-01", "No"), ("DAY-02", "No"), ("DAY-03", "No"), ("DAY-05", "Yes")):
        await hands.tap(
            page.get_by_role("radiogroup", name=question).get_by_role("radio", name=answer, exact=True)
        )
    for score in ("Pain", "Stiffness"):
        await hands.tap(page.get_by_role("group", name=f"{score} in one tap").get_by_role("button", name="2"))
    await hands.tap(page.get_by_label("PSFS"))
    await hands.write("6.8")
    for technique in await page.locator(".techniques label:not(.barred)").all():
        if hands.taps < 10:
            await hands.tap(technique)
    await hands.tap(page.get_by_role("button", name="Record the outcome"))

    await expect(page.get_by_role("status").filter(has_text="recorded")).to_be_visible()
    scored = lively.plans.states[plan_id].progress.scores[-1]
    assert (scored.session_no, scored.pain, scored.stiffness, scored.primary) == (number, 2, 2, 6.8)
    assert (hands.taps, hands.keys) == (11, 3)
    assert day_not_asked(lively.plans.states[plan_id]) is None
    assert hands.scrolls <= 6
    assert len(hands.pages) == 2


async def test_a_visit_is_not_sent_before_every_question_has_a_word_and_what_was_chosen_stays(
    hands: Hands,
) -> None:
    page = hands.page
    await page.get_by_role("link", name="Outcome").first.tap()
    form = page.locator("form.outcome")
    assert await form.locator(".day-question :checked").count() == 0
    for answer in await form.locator(".day-question label:has(> input)").all():
        box = await answer.bounding_box()
        assert box is not None and min(box["width"], box["height"]) >= _FINGER
    assert not await form.evaluate("form => form.checkValidity()")
    for question in ("DAY-01", "DAY-02", "DAY-03", "DAY-05"):
        await page.get_by_role("radiogroup", name=question).get_by_role("radio", name="Not asked").tap()
    assert not await form.evaluate("form => form.checkValidity()"), "the pain has no word yet"
    await page.get_by_role("checkbox", name="Not asked").tap()
    assert await form.evaluate("form => form.checkValidity()")
    await expect(page.get_by_text("is told to ask the client before the next")).to_be_visible()
    await page.get_by_role("group", name="Pain in one tap").get_by_role("button", name="2").tap()
    assert await form.locator('[name="day-DAY-04"]:checked').count() == 0, "a number is an answer"
    await page.reload()
    assert await form.locator(".day-question :checked").count() == 4
    await page.get_by_role("radio", name="No-show").tap()
    assert await form.evaluate("form => form.checkValidity()"), "who did not come was asked nothing"
    await expect(page.locator(".day-questions")).to_be_hidden()
