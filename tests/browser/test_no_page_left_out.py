"""The table of pages is the application's own: an address that shows a page and is not looked at is found here."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from types import MappingProxyType
from typing import Final
from urllib.parse import urlsplit

from starlette.routing import BaseRoute, Match, Route

from messaging.gateway import phone_pages
from tests.browser import phones
from tests.browser.every_page import PAGES
from tests.browser.lively_clinic import LivelyClinic

NO_PAGES: Final = MappingProxyType(
    {
        "/": "leads on to needs attention",
        "/live": "the stream of changes",
        "/plans/export.csv": "a table to download",
        "/openapi.json": "for programs",
        "/healthz": "for supervisors",
        "/readyz": "for supervisors",
        "/metrics": "for Prometheus",
    }
)
"""What a browser may get that is no page, and what it is."""

_FOR_PROGRAMS: Final = ("/api/", "/webhooks/")


def _routes(routes: Iterable[BaseRoute]) -> Iterator[Route]:
    """Every route, also those of routers within; they keep their own prefix."""
    for one in routes:
        within = getattr(one, "original_router", None)
        if within is not None:
            yield from _routes(within.routes)
        elif isinstance(one, Route):
            yield one


def _left_out(routes: Iterable[BaseRoute], addresses: Iterable[str]) -> set[str]:
    """The paths that answer a browser's GET with a page, and that none of the addresses leads to."""
    getting = [
        one
        for one in _routes(routes)
        if "GET" in (one.methods or ()) and not one.path.startswith(_FOR_PROGRAMS)
    ]
    looked_at = {
        next((one.path for one in getting if _leads_to(one, urlsplit(address).path)), None)
        for address in addresses
    }
    return {one.path for one in getting} - looked_at - set(NO_PAGES)


def _leads_to(route: Route, path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return route.matches(scope)[0] is Match.FULL


def test_every_page_of_the_clinic_is_looked_at(lively: LivelyClinic) -> None:
    assert _left_out(lively.second.app.routes, (one.url(lively) for one in PAGES.values())) == set()


def test_every_page_of_the_phones_is_looked_at() -> None:
    assert _left_out(phone_pages.ROUTES, phones.PAGES.values()) == set()


def test_a_page_that_is_forgotten_is_found(lively: LivelyClinic) -> None:
    but_one = (one.url(lively) for name, one in PAGES.items() if name != "outage")
    assert _left_out(lively.second.app.routes, but_one) == {"/system/outages/{outage_id}"}
