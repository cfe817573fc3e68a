"""How a person comes to a page: who they are, the address, and what they do there to see it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Final
from urllib.parse import urljoin

from playwright.async_api import Page

from api.form.visit import COOKIE
from database.demo_clinic import THERAPIST, Person
from schemas.names import new_id
from tests.browser.lively_clinic import PASSWORD, LivelyClinic

Place = Callable[[LivelyClinic], str]
Act = Callable[[Page, LivelyClinic], Awaitable[None]]

_SEND: Final = """([action, fields]) => {
  const form = document.createElement("form");
  form.method = "post";
  form.action = action;
  for (const [name, values] of Object.entries(fields)) for (const value of values) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = name;
    field.value = value;
    form.append(field);
  }
  document.body.append(form);
  HTMLFormElement.prototype.submit.call(form);
}"""


@dataclass(frozen=True)
class Shown:
    """A page: its address in this clinic, who looks at it (None: somebody at the door), and what they do there.

    `seal` shows whose date of birth was given in this browser, for the pages of a client's form.
    """

    address: Place
    reader: Person | None = THERAPIST
    act: Act | None = None
    seal: Place | None = None

    def url(self, clinic: LivelyClinic) -> str:
        """The whole address."""
        return urljoin(clinic.url, self.address(clinic))


async def open_page(page: Page, shown: Shown, clinic: LivelyClinic) -> None:
    """Go there, and do what leads to the page. A stranger comes with nothing but what this page needs."""
    if shown.reader is None:
        await page.context.clear_cookies()
    if shown.seal:
        sealed = {"name": COOKIE, "value": shown.seal(clinic), "url": urljoin(clinic.url, "/form")}
        await page.context.add_cookies([{**sealed}])  # type: ignore[typeddict-item]
    await page.goto(shown.url(clinic))
    if shown.act:
        await shown.act(page, clinic)


async def sign_in(page: Page, clinic: LivelyClinic, person: Person, password: str = PASSWORD) -> None:
    """Through the door, as a person goes."""
    await page.goto(f"{clinic.url}/login")
    await _give(page, person, password)
    await page.wait_for_url(lambda url: "/login" not in url)


async def _give(page: Page, person: Person, password: str) -> None:
    await page.get_by_label("E-mail").fill(person.email)
    await page.get_by_label("Password").fill(password)
    await page.get_by_role("button", name="Sign in", exact=True).click()


def gives(person: Person, password: str) -> Act:
    """Sign in at the door that is shown."""

    async def act(page: Page, _clinic: LivelyClinic) -> None:
        async with page.expect_navigation():
            await _give(page, person, password)

    return act


def sends(action: Place, fields: Mapping[str, tuple[str, ...] | str]) -> Act:
    """A form goes to this address, as a page of ours would send it."""

    async def act(page: Page, clinic: LivelyClinic) -> None:
        values = {name: [value] if isinstance(value, str) else value for name, value in fields.items()}
        async with page.expect_navigation():
            await page.evaluate(_SEND, [action(clinic), {"key": [new_id()], **values}])

    return act


def opens(summaries: str) -> Act:
    """Whatever is folded there is opened, all of it at once."""

    async def act(page: Page, _clinic: LivelyClinic) -> None:
        await page.evaluate(
            "(found) => document.querySelectorAll(found).forEach((one) => { one.open = true; })", summaries
        )

    return act


def follows(link: str) -> Act:
    """The first such link is followed."""

    async def act(page: Page, _clinic: LivelyClinic) -> None:
        async with page.expect_navigation():
            await page.locator(link).first.click()

    return act


def presses(key: str) -> Act:
    """A key of the keyboard."""

    async def act(page: Page, _clinic: LivelyClinic) -> None:
        await page.keyboard.press(key)

    return act


def both(first: Act, then: Act) -> Act:
    """One after the other."""

    async def act(page: Page, clinic: LivelyClinic) -> None:
        await first(page, clinic)
        await then(page, clinic)

    return act
