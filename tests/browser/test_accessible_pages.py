"""Every page can be used by everybody: WCAG 2.2 AA in light and dark, on a phone, on a screen, and at 400 %."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from care.client_form import Kind
from messaging.gateway.testing import RunningGateway
from tests.browser.client_form import OpenForm
from tests.browser.conftest import Seat
from tests.browser.every_page import PAGES
from tests.browser.lively_clinic import LivelyClinic
from tests.browser.phones import ANNA, MAILBOX, SILENT
from tests.browser.survey import THEMES, WIDTHS, Survey, Theme, survey


def _asking(kind: Kind) -> Callable[[OpenForm], str]:
    return lambda form: f"{form.home}/{form.question_of[kind]}"


_FORM_PAGES: dict[str, Callable[[OpenForm], str]] = {
    "form-door": lambda form: form.door,
    "form-closed": lambda form: f"{form.door}x",
    **{f"form-{kind}": _asking(kind) for kind in Kind},
}
_PHONE_PAGES = {
    "phones": "/",
    "phone": f"/phones/{ANNA}",
    "phone-opted-out": f"/phones/{SILENT}",
    "phone-mistake": "/phones/12",
    "phone-mail": f"/mail/{MAILBOX}",
}


@pytest.fixture(params=WIDTHS, ids="{}px".format, scope="module")
def width(request: pytest.FixtureRequest) -> int:
    """The width of the window in CSS pixels."""
    return int(request.param)


@pytest.fixture(params=[*PAGES, *_FORM_PAGES, *_PHONE_PAGES], scope="module")
async def surveyed(
    request: pytest.FixtureRequest,
    width: int,
    seat: Seat,
    lively: LivelyClinic,
    phones: RunningGateway,
) -> Survey:
    """A page at a width; looked at once, asked about often."""
    name = str(request.param)
    if name in _FORM_PAGES:
        page, address = await seat(None), _FORM_PAGES[name](lively.form)
        await lively.form.let_in(page.context, lively.url)
    elif name in PAGES:
        shown = PAGES[name]
        page, address = await seat(shown.reader), lively.url + shown.address(lively)
    else:
        page, address = await seat(None), phones.url + _PHONE_PAGES[name]
    return await survey(page, address, width)


@pytest.mark.parametrize("theme", THEMES)
async def test_a_page_breaks_no_rule_of_accessibility(surveyed: Survey, theme: Theme) -> None:
    assert surveyed.violations[theme] == ()


async def test_a_page_fits_its_window(surveyed: Survey) -> None:
    assert surveyed.overflow == ()


async def test_a_finger_meets_every_control(surveyed: Survey) -> None:
    assert surveyed.small_targets == ()


async def test_what_has_the_focus_is_never_hidden_by_a_bar(surveyed: Survey) -> None:
    assert surveyed.obscured == ()
