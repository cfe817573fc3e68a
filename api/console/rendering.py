"""Templates into pages. Everything that a page shows is escaped; no page is kept by a cache."""

from __future__ import annotations

import hashlib
from functools import cache, lru_cache
from http import HTTPStatus
from importlib.resources import files
from typing import Any, Final

from jinja2 import Environment
from starlette.responses import HTMLResponse

from api.console import goal_words, limit_words, words
from api.console.moments import span
from api.templates import templates_of

STATIC_PATH: Final = "/static"
_HEADERS: Final = {"Cache-Control": "no-store"}


@cache
def _templates() -> Environment:
    environment = templates_of(
        "api.console",
        words=words,
        goal_words=goal_words,
        limit_words=limit_words,
        static=static,
        span=span,
        icon=icon,
    )
    environment.filters.update(initials=words.initials, plain=words.plain, headline=words.headline)
    return environment


@cache
def _version() -> str:
    """Changes with any of the static files, so that a browser may keep each for good."""
    folder = files("api.console") / "static"
    digest = hashlib.sha256()
    for one in sorted(folder.iterdir(), key=lambda path: path.name):
        digest.update(one.read_bytes())
    return digest.hexdigest()[:12]


def static(name: str) -> str:
    """The address of a static file."""
    return f"{STATIC_PATH}/{_version()}/{name}"


@lru_cache(maxsize=512)
def icon(name: str, label: str = "") -> str:
    """A picture from the sheet of icons, as HTML; without a `label` it says nothing that words do not say beside it.

    A page shows hundreds, of a few dozen kinds: each is written once.
    """
    drawn = vars(_templates().get_template("icon.html").module)["drawn"]
    html_of_it: str = drawn(name, label)
    return html_of_it


def html(template: str, shown: dict[str, Any], status: int = HTTPStatus.OK) -> HTMLResponse:
    """A page that no cache keeps: a plan may change at any moment, and the next reader may be somebody else."""
    body = _templates().get_template(template).render(shown)
    return HTMLResponse(body, status_code=int(status), headers=_HEADERS)
