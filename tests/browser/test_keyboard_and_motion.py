"""The console by keyboard alone, with every key optional, and calm for whoever asks for less motion."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from playwright.async_api import Browser, Page, expect

from database.demo_clinic import THERAPIST
from schemas.plan import Stage
from tests.browser.conftest import Seat
from tests.browser.lively_clinic import LivelyClinic

_MOVING = """() => [...document.querySelectorAll("*")].map((one) => getComputedStyle(one))
  .flatMap((style) => [...style.transitionDuration.split(","), ...style.animationDuration.split(",")])
  .map(parseFloat).reduce((most, one) => Math.max(most, one), 0)"""


@pytest.fixture
async def desk(seat: Seat) -> AsyncIterator[Page]:
    """Priya's window on a screen; her keys are on again afterwards."""
    page = await seat(THERAPIST)
    await page.set_viewport_size({"width": 1280, "height": 800})
    yield page
    await page.evaluate("localStorage.clear()")


async def _focused(page: Page) -> str | None:
    found: str | None = await page.evaluate(
        "document.activeElement.closest('[data-row]')?.dataset.row ?? null"
    )
    return found


async def test_j_and_k_walk_the_rows_and_enter_opens_one(desk: Page, lively: LivelyClinic) -> None:
    await desk.goto(f"{lively.url}/attention")
    rows = [await one.get_attribute("data-row") for one in await desk.locator("[data-row]").all()]
    for key, place in (("j", 0), ("j", 1), ("k", 0), ("k", 0)):
        await desk.keyboard.press(key)
        assert await _focused(desk) == rows[place]
    target = await desk.locator("[data-row] [data-open]").first.get_attribute("href")
    await desk.keyboard.press("Enter")
    await desk.wait_for_url(f"{lively.url}{target}")


async def test_a_slash_goes_to_the_search_and_typing_is_left_alone(desk: Page, lively: LivelyClinic) -> None:
    await desk.goto(f"{lively.url}/attention")
    await desk.keyboard.press("/")
    await desk.keyboard.type("jar/?")
    await expect(desk.get_by_role("searchbox")).to_have_value("jar/?")


async def test_keys_are_told_and_can_be_switched_off(desk: Page, lively: LivelyClinic) -> None:
    await desk.goto(f"{lively.url}/attention")
    await expect(desk.get_by_placeholder("Client's name ( / )")).to_be_visible()
    await desk.keyboard.press("?")
    await desk.get_by_role("dialog", name="Keys").get_by_role("button", name="Switch keys off").click()
    await desk.keyboard.press("j")
    assert await _focused(desk) is None
    assert await desk.locator("#search").get_attribute("placeholder") == "Client's name"
    await desk.keyboard.press("?")
    await desk.get_by_role("button", name="Switch keys on").click()
    await desk.keyboard.press("j")
    assert await _focused(desk) is not None


async def test_e_opens_the_edit_and_a_approves(desk: Page, lively: LivelyClinic) -> None:
    plan_id = lively.plan_of["Nora"]
    await desk.goto(f"{lively.url}/approvals/{lively.open_approval('Nora')}")
    await desk.keyboard.press("e")
    await expect(desk.locator("select[name=step]")).to_be_focused()
    await desk.get_by_role("heading", level=1).click()
    await desk.keyboard.press("a")
    await expect(desk.get_by_text("Approved. The plan goes on as proposed.")).to_be_visible()
    assert lively.plans.states[plan_id].stage is Stage.active


async def test_a_plan_is_approved_without_any_script(
    browser: Browser, seat: Seat, lively: LivelyClinic
) -> None:
    cookies = await (await seat(THERAPIST)).context.storage_state()
    context = await browser.new_context(java_script_enabled=False, storage_state=cookies)
    page = await context.new_page()
    await page.goto(f"{lively.url}/approvals?whose=everyone")
    await page.locator(f'a[href="/approvals/{lively.open_approval("Lewis")}"]').click()
    await page.get_by_role("button", name="Approve", exact=False).first.click()
    await expect(page.get_by_text("Approved. The plan goes on as proposed.")).to_be_visible()
    assert lively.plans.states[lively.plan_of["Lewis"]].stage is Stage.active
    await context.close()


@pytest.mark.parametrize(("motion", "longest"), [("reduce", 0.0), ("no-preference", 0.15)])
@pytest.mark.parametrize("path", ["/attention", "/plans", "/today"])
async def test_nothing_moves_for_long_and_nothing_at_all_where_less_is_asked(
    path: str, motion: str, longest: float, desk: Page, lively: LivelyClinic
) -> None:
    await desk.emulate_media(reduced_motion="reduce" if motion == "reduce" else "no-preference")
    await desk.goto(lively.url + path)
    assert await desk.evaluate(_MOVING) <= longest
    await desk.emulate_media(reduced_motion="reduce")


async def test_on_a_phone_the_line_of_care_shows_the_present_first(desk: Page, lively: LivelyClinic) -> None:
    await desk.set_viewport_size({"width": 320, "height": 640})
    await desk.goto(f"{lively.url}/plans/{lively.plan_of['Nora']}")
    now = await desk.locator(".line-of-care line.now").bounding_box()
    assert now is not None
    assert 0 < now["x"] < 320
