"""The phone page: every client's conversation, read and answered as the client.

Server-rendered; a small script keeps it live, and everything works without it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

import phonenumbers
from jinja2 import Environment, FileSystemLoader, select_autoescape
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from messaging.gateway.errors import DELIVERY_ERRORS
from messaging.gateway.message import Message, Status
from messaging.gateway.parts import Parts, parts_of
from messaging.gateway.phone_api import send_in
from messaging.gateway.rest import read_form
from messaging.segments import Encoding, count

_HERE: Final = Path(__file__).parent
_PAGES: Final = Environment(
    loader=FileSystemLoader(_HERE / "pages"),
    autoescape=select_autoescape(),
    trim_blocks=True,
    lstrip_blocks=True,
)
_SECURITY_HEADERS: Final = {
    "Content-Security-Policy": "default-src 'self'; frame-ancestors 'none'; form-action 'self'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


@dataclass(frozen=True, slots=True)
class _Shown:
    """How a status looks: never by colour alone."""

    icon: str
    words: str
    tone: str


_STATUSES: Final = {
    Status.ACCEPTED: _Shown("◌", "Accepted", "quiet"),
    Status.SCHEDULED: _Shown("◷", "Scheduled", "quiet"),
    Status.QUEUED: _Shown("◌", "Queued", "quiet"),
    Status.SENDING: _Shown("◌", "Sending", "quiet"),
    Status.SENT: _Shown("✓", "Sent", "quiet"),
    Status.DELIVERED: _Shown("✓✓", "Delivered", "good"),
    Status.UNDELIVERED: _Shown("✕", "Not delivered", "bad"),
    Status.FAILED: _Shown("✕", "Failed", "bad"),
    Status.CANCELED: _Shown("⊘", "Cancelled", "quiet"),
    Status.RECEIVED: _Shown("✓", "Sent", "quiet"),
}


async def index(request: Request) -> Response:
    """All conversations."""
    return _page(request, "phones.html", open_number=None)


async def conversation(request: Request) -> Response:
    """One conversation; `POST` answers as the client."""
    number = request.path_params["number"]
    if request.method == "POST":
        form = await read_form(request)
        await send_in(parts_of(request), number, form.get("quick") or form.get("body") or "")
        return RedirectResponse(f"/phones/{quote(number)}#reply", status_code=303)
    state = parts_of(request).state
    texts = state.conversation(number)
    return _page(
        request,
        "conversation.html",
        open_number=number,
        title=_spaced(number),
        texts=[_bubble(text, parts_of(request)) for text in texts],
        opt_outs=[_spaced(sender) for sender in state.opt_outs(number)],
    )


async def mailbox(request: Request) -> Response:
    """The mails of one address."""
    parts, address = parts_of(request), request.path_params["address"]
    return _page(
        request,
        "mailbox.html",
        open_number=address,
        address=address,
        mails=[replace(one, at=parts.settings.shown_at(one.at)) for one in parts.state.mail_of(address)],
    )


async def first_text(request: Request) -> Response:
    """A client who has had no text yet writes first."""
    form = await read_form(request)
    number = "".join((form.get("number") or "").split())
    await send_in(parts_of(request), number, form.get("body") or "")
    return RedirectResponse(f"/phones/{quote(number)}#reply", status_code=303)


ROUTES: Final = [
    Route("/", index, methods=["GET"]),
    Route("/mail/{address}", mailbox, methods=["GET"]),
    Route("/phones", first_text, methods=["POST"]),
    Route("/phones/{number}", conversation, methods=["GET", "POST"]),
    Mount("/static", StaticFiles(directory=_HERE / "static")),
]


def error_page(request: Request, status: int, sentence: str) -> HTMLResponse:
    """A page that says what happened and offers the way back."""
    page = _page(request, "error.html", open_number=None, sentence=sentence)
    page.status_code = status
    return page


def _page(request: Request, name: str, *, open_number: str | None, **values: Any) -> HTMLResponse:
    parts = parts_of(request)
    phones = [
        {
            "number": number,
            "shown": _spaced(number),
            "last": _bubble(last, parts),
            "opted_out": bool(parts.state.opt_outs(number)),
            "open": number == open_number,
        }
        for number, _, last in parts.state.phones()
    ]
    html = _PAGES.get_template(name).render(
        phones=phones,
        mailboxes=[
            (address, replace(last, at=parts.settings.shown_at(last.at)))
            for address, last in parts.state.mailboxes()
        ],
        open_number=open_number,
        clinic_number=_spaced(parts.settings.number),
        faults=[fault.kind.value for fault in parts.faults.all()],
        **values,
    )
    return HTMLResponse(html, headers=_SECURITY_HEADERS)


def _bubble(text: Message, parts: Parts) -> dict[str, Any]:
    shown = _STATUSES[text.status]
    why = DELIVERY_ERRORS.get(text.error_code, "") if text.error_code else ""
    encoding = count(text.body).encoding
    plural = "" if text.segments == 1 else "s"
    return {
        "sid": text.sid,
        "from_clinic": text.outbound,
        "body": text.body,
        "media": text.media,
        "icon": shown.icon,
        "state": f"{shown.words} ({text.error_code}: {why})" if why else shown.words,
        "tone": shown.tone,
        "reached": text.status not in (Status.UNDELIVERED, Status.FAILED, Status.CANCELED),
        "cost": f"{text.segments} segment{plural}" + (", UCS-2" if encoding is Encoding.UCS_2 else ""),
        "at": parts.settings.shown_at(text.created_at).astimezone(),
    }


def _spaced(number: str) -> str:
    try:
        parsed = phonenumbers.parse(number, None)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
