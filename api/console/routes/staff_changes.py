"""Who changed what about whose account."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.console.desk import TheDesk, allowed
from api.console.permissions import Act
from api.console.staff_change_words import told_changes

router = APIRouter(prefix="/staff/changes", dependencies=[allowed(Act.read_staff_changes)])

_SHOWN: Final = 50


@router.get("")
async def show(at: TheDesk, before: Annotated[int | None, Query(ge=1)] = None) -> Response:
    """The newest first; `before` is where the page before ended."""
    lines = await told_changes(at.clinic.engine, clock=at.clock, limit=_SHOWN, before=before)
    older = lines[-1].id if len(lines) == _SHOWN else None
    return at.page("account", "staff_changes.html", lines=lines, older=older, first=before is None)
