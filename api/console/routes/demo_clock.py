"""The demo's clock: moves the clinic and every plan ahead. Only a demo has these routes."""

from __future__ import annotations

from datetime import timedelta
from http import HTTPStatus
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import RedirectResponse, Response

from api.clinic import Clinic
from api.console.desk import Desk, TheDesk
from api.console.forms import TheForm
from api.demo_time import DemoTime, Stride
from api.problems import Problem

PATH: Final = "/demo/clock"
_SOON: Final = timedelta(seconds=1.5)
"""A short move is waited for; a longer one shows how far it has come."""
_BACK: Final = r"^/([^/\\].*)?$"

router = APIRouter(prefix=PATH)


@router.post("")
async def move(form: TheForm) -> Response:
    """Set out, and show the way unless it is short."""
    demo = _demo(form.at.clinic)
    try:
        stride = Stride(form.word("by"))
    except ValueError:
        raise Problem(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "unknown_stride",
            "Time moves by an hour, a day, a week or an event.",
        ) from None
    demo.begin(stride, staff_decide=form.word("staff") == "yes")
    await demo.arrived(_SOON)
    return await _shown(form.at, demo, form.word("back"))


@router.get("")
async def show(at: TheDesk, back: Annotated[str, Query(pattern=_BACK)] = "/attention") -> Response:
    """How far the clinic's time has come; the page asks again by itself, and leads back at the end."""
    return await _shown(at, _demo(at.clinic), back)


async def _shown(at: Desk, demo: DemoTime, back: str) -> Response:
    there = back if back.startswith("/") and not back.startswith(("//", "/\\", PATH)) else "/attention"
    journey = demo.journey
    if journey is None or (journey.over and journey.fault is None):
        return RedirectResponse(there, HTTPStatus.SEE_OTHER)
    if at.request.method == "POST":
        return at.on(PATH, back=there)
    return at.page("", "demo_clock.html", journey=journey, back=there)


def _demo(clinic: Clinic) -> DemoTime:
    if clinic.demo is None:  # these routes are there in a demo only
        raise Problem(HTTPStatus.NOT_FOUND, "not_found", "There is no such page.")
    return clinic.demo
