"""Deliveries: every text out with what became of it, and texts in that nobody could place."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from api.console import words
from api.console.desk import TheDesk, allowed
from api.console.permissions import Act
from api.text_words import why
from database.deliveries import recent_texts, unplaced_texts
from schemas.messages import MessageStatus

router = APIRouter(prefix="/deliveries", dependencies=[allowed(Act.see_deliveries)])

_SHOWN = 100
_GROUPS = {
    "trouble": frozenset({MessageStatus.undelivered, MessageStatus.failed, MessageStatus.unknown}),
    "waiting": frozenset({MessageStatus.pending, MessageStatus.sending}),
    "kept": frozenset({MessageStatus.suppressed, MessageStatus.expired}),
}


@router.get("")
async def show(at: TheDesk, which: Annotated[str, Query(max_length=20)] = "") -> Response:
    """The newest first, all of them or one group."""
    engine = at.clinic.engine
    texts = await recent_texts(engine, _GROUPS.get(which, frozenset()), limit=_SHOWN)
    return at.page(
        "deliveries",
        "deliveries.html",
        rows=[{"one": one, "why": why(one.text), "said": words.DELIVERIES[one.text.status]} for one in texts],
        which=which,
        unplaced=await unplaced_texts(engine),
        shown=_SHOWN,
    )
