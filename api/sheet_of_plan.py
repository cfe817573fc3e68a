"""The sheet for the treatment room, with what the client texted the day before, word for word."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from api.clinic import Clinic
from api.plan_at_hand import PlanAtHand
from care.day_before import Told, day_before, next_visit
from care.guards_treating import refuse_treating
from care.session_sheet import SessionSheet, session_sheet
from care.start_condition import unmet
from database.events import events_of_kinds
from database.inbound import texts_from_plan
from schemas.events import EventKind
from schemas.rules import RulePack


@dataclass(frozen=True)
class ClientText:
    """What the client wrote, and when it came."""

    at: datetime
    body: str


@dataclass(frozen=True)
class TextedBefore:
    """What is known of changes before the next session. `asked_at` is set while our text waits for its answer."""

    session_no: int
    told: Told
    asked_at: datetime | None
    texts: tuple[ClientText, ...]


@dataclass(frozen=True)
class SheetOfPlan:
    """The sheet, and `day_before`, which is None where no session is to come."""

    sheet: SessionSheet
    day_before: TextedBefore | None


async def sheet_of_plan(clinic: Clinic, plan: PlanAtHand, pack: RulePack) -> SheetOfPlan:
    """The sheet of a plan's next session by its own rule pack."""
    state = plan.state
    made = state.assessment.outcome if state.assessment else None
    visit = next_visit(state)
    waits = refuse_treating(state, visit) if visit is not None else None
    sheet = session_sheet(
        pack,
        state.protocol,
        made,
        state.screening.result.findings,
        unmet=unmet(pack, state),
        waits_for=(waits.sentence,) if waits is not None else (),
    )
    answers = await events_of_kinds(clinic.engine, plan.id, [EventKind.answer_recorded])
    before = day_before(state, answers)
    if before is None:
        return SheetOfPlan(sheet, None)
    written = await texts_from_plan(clinic.engine, plan.id) if before.texts else ()
    texts = tuple(ClientText(one.received_at, one.body) for one in written if one.id in before.texts)
    return SheetOfPlan(sheet, TextedBefore(before.session_no, before.told, before.asked_at, texts))
