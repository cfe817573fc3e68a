"""A plan's page on paper: A4, whose plan and as of when on it, everything that matters and nothing to press."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from typing import Final

import pytest
from playwright.async_api import Page, expect

from database.demo_clinic import THERAPIST
from tests.browser.conftest import Seat
from tests.browser.lively_clinic import LivelyClinic

_TEXT_WIDTH: Final = 695
"""CSS pixels: the width of A4 within the style's margins."""

_BLACK: Final = {"rgb(0, 0, 0)", "rgb(51, 51, 51)", "rgb(85, 85, 85)"}
_SEEN: Final = (
    "(found) => [...document.querySelectorAll(found)].filter((one) => one.checkVisibility()).length"
)
_COLOURS: Final = """() => [...new Set([...document.querySelectorAll("main *")]
  .filter((one) => one.checkVisibility() && !one.closest("svg")).map((one) => getComputedStyle(one).color))]"""
_CUT: Final = """() => [...document.querySelectorAll("main *")].filter((one) => one.checkVisibility()
  && !one.matches(".hidden, .hidden *") && !one.closest("svg")
  && getComputedStyle(one).overflowY !== "visible" && one.scrollHeight > one.clientHeight + 1)
  .map((one) => one.outerHTML.slice(0, 80))"""


@pytest.fixture
async def paper(seat: Seat, lively: LivelyClinic) -> AsyncIterator[Page]:
    """Anna's plan as a printer gets it, from a screen that is dark."""
    page = await seat(THERAPIST)
    await page.set_viewport_size({"width": _TEXT_WIDTH, "height": 1000})
    await page.goto(f"{lively.url}/plans/{lively.plan_of['Anna']}")
    await page.emulate_media(media="print", color_scheme="dark")
    yield page
    await page.emulate_media(media="screen", color_scheme="light")


async def test_the_sheet_names_clinic_client_plan_and_moment(paper: Page, lively: LivelyClinic) -> None:
    heading = paper.locator(".paper")
    for words in ("Riverside Physio", "A.K.", lively.plan_of["Anna"], "Tue 24 Nov 2026, 10:12", "Priya Nair"):
        await expect(heading).to_contain_text(words)
    await expect(heading).to_be_visible()


async def test_there_is_nothing_to_press_on_paper(paper: Page) -> None:
    assert await paper.evaluate(_SEEN, "nav, button, input, select, textarea, .button, .pop, .demo") == 0
    assert await paper.evaluate(_SEEN, "[aria-labelledby=steer], .offer-no") == 0


async def test_what_was_folded_away_and_matters_is_open(paper: Page) -> None:
    for section in ("care", "sessions", "screening", "ahead", "texts", "alerts", "decisions"):
        await expect(paper.locator(f"[aria-labelledby={section}]")).to_be_visible()
    await expect(paper.get_by_text("Do you take blood thinners")).to_be_visible()
    await expect(paper.locator(".ahead").last.locator("li").last).to_be_visible()


async def test_nothing_is_cut_off_and_the_drawing_fits_the_sheet(paper: Page) -> None:
    assert await paper.evaluate("document.documentElement.scrollWidth") <= _TEXT_WIDTH
    box = await paper.locator(".line-of-care").bounding_box()
    assert box is not None
    assert box["x"] + box["width"] <= _TEXT_WIDTH
    assert await paper.evaluate(_CUT) == []


async def test_it_is_black_on_white_from_a_dark_screen_too(paper: Page) -> None:
    assert set(await paper.evaluate(_COLOURS)) <= _BLACK
    assert await paper.evaluate("getComputedStyle(document.documentElement).backgroundColor") == (
        "rgb(255, 255, 255)"
    )


async def test_it_comes_out_on_a4_and_begins_at_the_top(paper: Page) -> None:
    title = await paper.get_by_role("heading", level=1).bounding_box()
    assert title is not None and title["y"] < 120
    printed = await paper.pdf(prefer_css_page_size=True)
    sheets = re.findall(rb"/MediaBox \[0 0 ([\d.]+) ([\d.]+)\]", printed)
    assert 2 <= len(sheets) <= 12
    assert {(round(float(width)), round(float(height))) for width, height in sheets} == {(595, 842)}
