"""`make screens`: a picture of each page of a lively clinic, into docs/screens."""

from __future__ import annotations

import asyncio
import io
import logging
import os
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import structlog
from PIL import Image
from playwright.async_api import Browser, BrowserContext, Page

from cli.embedded.postgres import EmbeddedPostgres
from tests.browser.chromium import HOW_TO_GET_IT, chromium, installed_chromium
from tests.browser.demo_door import demo_door
from tests.browser.every_page import PAGES
from tests.browser.lively_clinic import LivelyClinic, lively_clinic
from tests.browser.phones import ANNA, MAILBOX, busy_phones
from tests.browser.shown import Shown, open_page, opens, sign_in
from tests.browser.survey import Theme

FOLDER: Final = Path(__file__).parents[2] / "docs" / "screens"
SCREEN: Final = (1280, 800)
PHONE: Final = (390, 780)


@dataclass(frozen=True)
class Picture:
    """One picture: a page of the table, or of the phones; `whole` shows what lies below the fold too."""

    page: str
    name: str = ""
    size: tuple[int, int] = SCREEN
    theme: Theme = "light"
    whole: bool = False

    @property
    def file(self) -> str:
        """Its file in the folder."""
        return f"{self.name or self.page}.png"


PICTURES: Final = (
    Picture("sign-in"),
    Picture("needs-attention"),
    Picture("needs-attention", "needs-attention-dark", theme="dark"),
    Picture("needs-attention", "needs-attention-phone", PHONE),
    Picture("all-quiet"),
    Picture("approvals"),
    Picture("approval-start"),
    Picture("approval-taper"),
    Picture("approval-taper", "approval-taper-dark", theme="dark"),
    Picture("approval-taper", "approval-taper-phone", PHONE),
    Picture("approval-clearance"),
    Picture("plans"),
    Picture("plans", "plans-dark", theme="dark"),
    Picture("plan"),
    Picture("plan", "plan-whole", whole=True),
    Picture("plan", "plan-dark", theme="dark"),
    Picture("plan", "plan-phone", PHONE),
    Picture("contact"),
    Picture("alert"),
    Picture("today"),
    Picture("today", "today-phone", PHONE),
    Picture("outcome"),
    Picture("outcome", "outcome-phone", PHONE, whole=True),
    Picture("session-sheet"),
    Picture("assessment"),
    Picture("deliveries"),
    Picture("account"),
    Picture("leave"),
    Picture("staff"),
    Picture("system"),
    Picture("outage"),
    Picture("not-found"),
    Picture("phone"),
    Picture("phone", "phone-page-dark", theme="dark"),
    Picture("phone", "phone-on-a-phone", PHONE),
    Picture("mail"),
    Picture("new-client"),
    Picture("invitation"),
    Picture("several"),
    Picture("rescreen"),
    Picture("overrides"),
    Picture("demo-control"),
    Picture("form-door", size=PHONE),
    Picture("form-check", size=PHONE),
    Picture("form-urgent", size=PHONE),
    Picture("form-sent", size=PHONE),
    Picture("form-item", "form-question", size=PHONE, whole=True),
)


async def take(database_url: str, names: list[str]) -> None:
    """Every picture, or those whose file's name begins with one of `names`."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    wanted = [one for one in PICTURES if not names or one.file.startswith(tuple(names))]
    async with chromium() as browser, lively_clinic(database_url) as clinic, demo_door(clinic) as demo:
        with busy_phones() as phones:
            pages = {
                **PAGES,
                "demo-control": Shown(lambda _: f"{demo}/plans", act=opens(".demo")),
                "phone": Shown(lambda _: f"{phones.url}/phones/{ANNA}", None),
                "mail": Shown(lambda _: f"{phones.url}/mail/{MAILBOX}", None),
            }
            seats: dict[str | None, BrowserContext] = {}
            for one in wanted:
                page = await _opened(browser, clinic, one, pages[one.page], seats)
                if one.whole:  # in a window as high as the page, so that what is fixed stays at its edge
                    height = await page.evaluate("document.documentElement.scrollHeight")
                    await page.set_viewport_size({"width": one.size[0], "height": int(height)})
                png = await page.screenshot()
                _few_colours(png).save(FOLDER / one.file, optimize=True)
                await page.close()
    sizes = [(FOLDER / one.file).stat().st_size for one in wanted]
    print(f"{len(sizes)} pictures, {sum(sizes) / 1000:.0f} kB, in {FOLDER}")


def _few_colours(png: bytes) -> Image.Image:
    """The picture with at most 256 colours: enough for pages, in a third of the room; letters keep their edges."""
    full = Image.open(io.BytesIO(png)).convert("RGB")
    return full.quantize(256, method=Image.Quantize.MEDIANCUT, dither=Image.Dither.NONE)


async def _opened(
    browser: Browser,
    clinic: LivelyClinic,
    picture: Picture,
    shown: Shown,
    seats: dict[str | None, BrowserContext],
) -> Page:
    reader = shown.reader
    name = reader.id if reader else None
    if name not in seats:
        seats[name] = await browser.new_context(locale="en-GB", reduced_motion="reduce")
        if reader:
            door = await seats[name].new_page()
            await sign_in(door, clinic, reader)
            await door.close()
    page = await seats[name].new_page()
    await page.set_viewport_size({"width": picture.size[0], "height": picture.size[1]})
    await page.emulate_media(color_scheme=picture.theme)
    await open_page(page, shown, clinic)
    await page.evaluate("document.fonts.ready")
    return page


def main(names: list[str]) -> int:
    """Take them on a PostgreSQL of their own."""
    if installed_chromium() is None:
        print(HOW_TO_GET_IT, file=sys.stderr)
        return 1
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.WARNING))
    with tempfile.TemporaryDirectory(prefix="limber-screens-", ignore_cleanup_errors=True) as folder:
        server = EmbeddedPostgres(Path(folder) / "data", durable=False)
        server.start()
        try:
            asyncio.run(take(server.database_url, names))
        finally:
            server.stop()
    return 0


if __name__ == "__main__":
    code = main(sys.argv[1:])
    sys.stdout.flush()
    os._exit(code)  # a process that loaded the Temporal SDK may abort while the interpreter shuts down
