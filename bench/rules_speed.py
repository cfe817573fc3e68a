"""`preview`: how fast the clinic's rules are, beside a fixed loop of pure Python."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Final

from bench.clients import a_plan, the_form
from bench.figures import Figure, Report
from bench.yardstick import beside_loop
from care.agenda import agenda
from care.deciding import decide
from care.opening import open_plan
from care.pack import builtin
from care.preview import preview
from care.replies import read
from care.screening import screen
from database.demo_clinic import STAFF
from schemas.commands import Actor, CommandEnvelope, DecideApproval, Decision
from schemas.plan import PlanState

YEAR_BAR_MS: Final = 50
_NOW: Final = datetime(2026, 11, 3, 10, 0, tzinfo=UTC)
_METHOD: Final = (
    "The fastest of {rounds} rounds each, in one process; a loop is 20,000 steps of fixed pure Python, measured "
    "between the rounds."
)
_REPLY: Final = "about a 3 but my foot went a bit numb last night"


def run(rounds: int = 60) -> Report:
    """Measure the pure functions that screens, previews and plans call."""
    pack, answers = builtin(), the_form()["screening"]
    fresh = a_plan(0, _NOW)
    active = _approved(fresh)
    works: dict[str, Callable[[], object]] = {
        "a year's preview": lambda: preview(fresh, _NOW, 52),
        "agenda of an active plan": lambda: agenda(active.but()),
        "screening a form": lambda: screen(pack, answers, _NOW.date(), ("lumbar",)),
        "reading a reply": lambda: read(pack, _REPLY, "CHK-PAIN"),
        "storing and loading a state": lambda: PlanState.read_json(active.as_json()),
    }
    figures = []
    for name, work in works.items():
        seconds, loops = beside_loop(work, rounds)
        bar = YEAR_BAR_MS if name == "a year's preview" else None
        figures += [
            Figure(name, seconds * 1000, "ms", bar=bar),
            Figure(f"{name}, beside the loop", loops, "loops"),
        ]
    size = len(active.as_json())
    return Report("preview", _METHOD.format(rounds=rounds), (*figures, Figure("a state", size, "bytes")))


def _approved(state: PlanState) -> PlanState:
    """The plan after its therapist said yes: two sessions booked."""
    opened = open_plan(state, _NOW).finish().state
    therapist = next(one for one in STAFF if one.id == state.protocol.therapist_id)
    envelope = CommandEnvelope(
        command_id="approve",
        actor=Actor(id=therapist.id, roles=therapist.roles),
        command=DecideApproval(approval_id=opened.approvals[0].id, decision=Decision.approve),
    )
    return decide(opened, envelope, _NOW + timedelta(hours=1)).finish().state
