"""Needs attention: the home page."""

from __future__ import annotations

from typing import Final

from fastapi import APIRouter
from starlette.responses import Response

from api.console.attention_board import board
from api.console.desk import TheDesk
from database.approvals import open_approvals
from database.attention import attention

router = APIRouter()

_SHOWN: Final = 50
"""How many rows of a group are shown: nobody works through more before looking again."""


@router.get("/attention")
async def show(at: TheDesk) -> Response:
    """Everything that waits for a person at the reader's sites; `whose=mine` leaves what others own out."""
    engine, clock = at.clinic.engine, at.clock
    groups = board(
        await attention(engine, clock.now, at.clinic.real_now(), sites=at.own_sites),
        await open_approvals(engine, sites=at.own_sites),
        clock,
        at,
        at.about(at.clinic.pack),
    )
    only_mine = at.request.query_params.get("whose") == "mine"
    if only_mine:
        groups = {
            group: mine for group, rows in groups.items() if (mine := [row for row in rows if row.mine])
        }
    return at.page("attention", "attention.html", groups=groups, only_mine=only_mine, shown=_SHOWN)
