"""Every page can be used by everybody: WCAG 2.2 AA in light and dark, on a phone, on a screen, and at 400 %."""

from __future__ import annotations

import pytest

from messaging.gateway.testing import RunningGateway
from tests.browser import phones as the_phones
from tests.browser.conftest import Seat
from tests.browser.every_page import PAGES
from tests.browser.lively_clinic import LivelyClinic
from tests.browser.shown import open_page
from tests.browser.survey import THEMES, WIDTHS, Survey, Theme, survey


@pytest.fixture(params=WIDTHS, ids="{}px".format, scope="module")
def width(request: pytest.FixtureRequest) -> int:
    """The width of the window in CSS pixels."""
    return int(request.param)


@pytest.fixture(params=[*PAGES, *the_phones.PAGES], scope="module")
async def surveyed(
    request: pytest.FixtureRequest,
    width: int,
    seat: Seat,
    lively: LivelyClinic,
    phones: RunningGateway,
) -> Survey:
    """A page at a width; looked at once, asked about often."""
    name = str(request.param)
    if name in PAGES:
        shown = PAGES[name]
        page = await seat(shown.reader)
        return await survey(page, width, lambda: open_page(page, shown, lively))
    page = await seat(None)

    async def come() -> None:
        await page.goto(phones.url + the_phones.PAGES[name])

    return await survey(page, width, come)


@pytest.mark.parametrize("theme", THEMES)
async def test_a_page_breaks_no_rule_of_accessibility(surveyed: Survey, theme: Theme) -> None:
    assert surveyed.violations[theme] == ()


async def test_a_page_fits_its_window(surveyed: Survey) -> None:
    assert surveyed.overflow == ()


async def test_a_finger_meets_every_control(surveyed: Survey) -> None:
    assert surveyed.small_targets == ()


async def test_what_has_the_focus_is_never_hidden_by_a_bar(surveyed: Survey) -> None:
    assert surveyed.obscured == ()
