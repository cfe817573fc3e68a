"""A page keeps itself up to date without a reload, and never moves what somebody is about to press."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from playwright.async_api import Browser, Page, expect

from database import inbound
from database.demo_clinic import THERAPIST
from database.inbound import ArrivedText
from tests.browser.conftest import Seat
from tests.browser.lively_clinic import NOW, LivelyClinic
from tests.console.staged_clinic import StagedPlan

_WATCHED = "window.sameDocument = true"


@pytest.fixture
async def board(browser: Browser, seat: Seat, lively: LivelyClinic) -> AsyncIterator[Page]:
    """Priya's second window, for this test alone."""
    signed_in = await (await seat(THERAPIST)).context.storage_state()
    context = await browser.new_context(
        storage_state=signed_in, reduced_motion="reduce", viewport={"width": 1280, "height": 800}
    )
    yield await context.new_page()
    await context.close()


async def _open(page: Page, address: str) -> None:
    async with page.expect_response("**/live"):
        await page.goto(address)
    await page.evaluate(_WATCHED)


async def _text(clinic: LivelyClinic, client: str, words: str) -> None:
    def act(plan: StagedPlan) -> None:
        plan.text(words)

    await clinic.plans.live(clinic.plan_of[client], NOW + timedelta(seconds=1), act=act)


async def test_a_worrying_text_comes_in_by_itself_while_nobodys_hands_are_on_the_page(
    board: Page, lively: LivelyClinic
) -> None:
    await _open(board, f"{lively.url}/attention")
    await _text(lively, "Tomasz", "I have chest pain now")
    row = board.locator("[data-row]", has_text="T.Z.").filter(has_text="E0")
    await expect(row).to_be_visible()
    await expect(board.get_by_role("status").filter(has_text="1 new")).to_be_visible()
    assert await board.evaluate("window.sameDocument")


async def test_a_text_that_fits_no_plan_comes_in_by_itself_and_goes_once_it_is_dealt_with(
    board: Page, lively: LivelyClinic
) -> None:
    await _open(board, f"{lively.url}/attention")
    engine = lively.plans.engine
    arrived = ArrivedText("SMlive", "+447700900078", "+447700900999", "Is it on?", 0, {}, NOW)
    stored = await inbound.store(engine, arrived)
    await inbound.unmatched(engine, stored.id)
    row = board.locator(f'[data-row="inbound_unmatched-{stored.id}"]')
    await expect(row).to_be_visible()
    await inbound.read_by_person(engine, stored.id)
    await expect(row).to_have_count(0)
    assert await board.evaluate("window.sameDocument")


async def test_what_is_new_waits_while_somebody_is_at_the_rows(board: Page, lively: LivelyClinic) -> None:
    await _open(board, f"{lively.url}/attention")
    at = board.locator("[data-row] [data-open]").last
    await at.focus()
    before = [await one.get_attribute("data-row") for one in await board.locator("[data-row]").all()]
    await _text(lively, "Ravi", "I want to die")
    await expect(board.locator("#news")).to_contain_text("new. E0")
    assert [await one.get_attribute("data-row") for one in await board.locator("[data-row]").all()] == before
    await expect(at).to_be_focused()
    await board.get_by_role("button", name="Show").click()
    await expect(board.locator("[data-row]", has_text="R.M.").filter(has_text="E0")).to_be_visible()
    assert await board.evaluate("window.sameDocument")


async def test_an_open_plan_offers_what_has_changed_and_keeps_what_is_typed(
    board: Page, lively: LivelyClinic
) -> None:
    await _open(board, f"{lively.url}/approvals/{lively.open_approval('Caitlin')}")
    await board.get_by_label("Reason").fill("She told me on Friday")
    await _text(lively, "Caitlin", "thanks")
    await expect(board.get_by_text("This plan has just changed.")).to_be_visible()
    await expect(board.get_by_label("Reason")).to_have_value("She told me on Friday")


async def test_a_page_that_cannot_be_kept_up_to_date_says_so_and_catches_up(
    board: Page, lively: LivelyClinic
) -> None:
    await board.clock.install()
    await _open(board, f"{lively.url}/attention")
    await board.context.set_offline(True)
    await board.clock.run_for(61_000)
    await expect(board.get_by_text("Out of date since")).to_be_visible()
    await board.context.set_offline(False)
    await board.clock.run_for(25_000)
    await expect(board.get_by_text("Out of date since")).to_be_hidden()


async def test_without_the_stream_a_page_looks_by_the_clock(board: Page, lively: LivelyClinic) -> None:
    await board.clock.install()
    await board.route("**/live", lambda route: route.abort())
    await board.goto(f"{lively.url}/attention")
    await _text(lively, "Beatrice", "chest pain now")
    await board.clock.run_for(11_000)
    await expect(board.locator("[data-row]", has_text="B.L.").filter(has_text="E0")).to_be_visible()
    await expect(board.get_by_text("Looks every 10 s")).to_be_visible()
