"""Debian's own Chromium, driven by Playwright; nothing is downloaded."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from playwright.async_api import Browser, async_playwright

_NAMES: Final = ("chromium", "chromium-browser", "google-chrome")
HOW_TO_GET_IT: Final = "no chromium on PATH; Debian: apt-get install chromium"


def installed_chromium() -> str | None:
    """The path of a Chromium on this machine; None where there is none."""
    return next(filter(None, map(shutil.which, _NAMES)), None)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """A browser without a window. Raises RuntimeError where none is installed."""
    path = installed_chromium()
    if path is None:
        raise RuntimeError(HOW_TO_GET_IT)
    # Chromium's sandbox refuses to run as root, which containers and CI do.
    flags = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=flags)
        yield browser
        await browser.close()
