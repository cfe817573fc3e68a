"""What somebody typed is not lost when their log-in has ended: it goes through the door with them.

A form whose sender is not signed in becomes hidden fields of the sign-in form; after signing in its sender sees what
they typed and sends it, with the form's own key, or goes back to the page. Nothing is sent by itself, and only a
form that a page of ours has sent is kept: another site's is not carried past the door.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from fastapi import Request
from starlette.responses import Response
from starlette.routing import Match

from api.console.rendering import html
from api.identity import from_own_site

KEPT: Final = "kept:"
"""Before the name of every field that is kept; `kept:` alone holds the address the form goes to."""

_MOST_FIELDS: Final = 60
_SECRETS: Final = frozenset({"password", "current", "again"})
_PLUMBING: Final = _SECRETS | {"key"}


@dataclass(frozen=True)
class KeptForm:
    """A form that waits for its sender to sign in."""

    action: str
    fields: tuple[tuple[str, str], ...]

    @property
    def words(self) -> tuple[tuple[str, str], ...]:
        """What the sender would know again, without what only the machine reads."""
        return tuple((name, value) for name, value in self.fields if value and name not in _PLUMBING)


async def unsent(request: Request) -> KeptForm | None:
    """The form of a request that nobody took; None for anything that must not be kept, such as a password."""
    if request.method != "POST" or not from_own_site(request):
        return None
    form = await request.form()
    fields = _texts(form.multi_items())
    secret = any(name in _SECRETS for name, _ in fields)
    return KeptForm(request.url.path, fields) if fields and not secret else None


async def kept_in(request: Request) -> KeptForm | None:
    """The form that the sign-in form brings along, if it does."""
    form = await request.form()
    action = form.get(KEPT)
    if not isinstance(action, str) or not is_ours(action):
        return None
    kept = ((name, value) for name, value in form.multi_items() if name.startswith(KEPT) and name != KEPT)
    return KeptForm(action, tuple((name.removeprefix(KEPT), value) for name, value in _texts(kept)))


async def still_to_send(request: Request, back: str) -> Response | None:
    """The page that shows a kept form once more; None if none came along. `back` is where it was typed."""
    kept = await kept_in(request)
    return html("still_to_send.html", {"kept": kept, "back": back}) if kept else None


def typed_at(request: Request) -> str:
    """The page that holds the form of this request: the nearest address above it that shows something."""
    path = request.url.path
    while path.strip("/"):
        if _shows(request, path):
            return path
        path = path.rpartition("/")[0]
    return "/"


def is_ours(path: str) -> bool:
    """Whether this is a path within the site."""
    return path.startswith("/") and not path.startswith(("//", "/\\"))


def _shows(request: Request, path: str) -> bool:
    scope = {"type": "http", "method": "GET", "path": path, "root_path": "", "headers": []}
    return any(route.matches(scope)[0] is Match.FULL for route in request.app.router.routes)


def _texts(items: Iterable[tuple[str, object]]) -> tuple[tuple[str, str], ...]:
    texts = [(name, value) for name, value in items if isinstance(value, str)]
    return tuple(texts[:_MOST_FIELDS])
