"""Templates into a client's pages: escaped, kept by no cache, listed by no search engine."""

from __future__ import annotations

from functools import cache
from http import HTTPStatus
from typing import Any, Final

from jinja2 import Environment
from starlette.responses import HTMLResponse

from api.console.rendering import static
from api.form.advice import rings_111
from api.form.screens import PREFERENCES
from api.templates import templates_of
from database.sites import Site
from schemas.rules import RulePack
from schemas.rules_form import AnswerType

_HEADERS: Final = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}


@cache
def _templates() -> Environment:
    return templates_of("api.form", static=static, types=AnswerType, preferences=PREFERENCES)


def around(pack: RulePack, site: Site | None) -> dict[str, Any]:
    """What the frame of every page shows."""
    return {"site": site, "pack": pack.meta, "rings_111": rings_111(pack, site)}


def page(template: str, shown: dict[str, Any], status: HTTPStatus = HTTPStatus.OK) -> HTMLResponse:
    """One page."""
    return HTMLResponse(_templates().get_template(template).render(shown), int(status), headers=_HEADERS)
