"""One request for several plans: what would follow in each, or why it refuses, before anything is done."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from api.clinic import Clinic
from api.console.asked_ahead import NOT_GIVEN, supposed
from api.event_words import sentence
from api.identity import Identity
from api.plan_at_hand import PlanAtHand, ones_own_plan
from care.deciding import decide
from care.guards import refuse
from database.errors import NotFoundError
from database.plans import PlanSummary
from schemas.base import Strict
from schemas.commands import Actor, Amend, Command, PausePlan, ProtocolEdit, ResumePlan
from schemas.events import EventKind

_NOT_TOLD: Final = frozenset({EventKind.text_ordered, EventKind.stage_changed})


class Doing(StrEnum):
    """What may be done with several plans at once."""

    hold = "hold"
    resume = "resume"
    reassign = "reassign"


_COMMANDS: Final[dict[Doing, Command]] = {
    Doing.hold: PausePlan(),
    Doing.resume: ResumePlan(),
    Doing.reassign: Amend(edit=ProtocolEdit(), reason_id=NOT_GIVEN),
}


class ManyAsked(Strict):
    """What to do, and with which plans."""

    do: Doing
    plan: Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(min_length=1, max_length=100)]


@dataclass(frozen=True)
class Line:
    """One of the plans: what follows, in sentences, or why not."""

    plan: PlanSummary
    follows: tuple[str, ...]
    refusal: str | None


async def at_hand(clinic: Clinic, who: Identity, plan_ids: tuple[str, ...]) -> list[PlanAtHand]:
    """The plans that are there and the asker's to see, in the order asked; one that is gone is left out."""
    found = []
    for plan_id in dict.fromkeys(plan_ids):
        try:
            found.append(await ones_own_plan(clinic, who, plan_id))
        except NotFoundError:
            continue
    return found


def foreseen(one: PlanAtHand, doing: Doing, actor: Actor, now: datetime) -> Line:
    """What a yes would lead to in this plan, by the same guards and decisions that a real one meets."""
    envelope = supposed(actor, _COMMANDS[doing])
    moment = max(now, one.view.summary.updated_at)
    refusal = refuse(one.state, envelope, moment)
    if refusal is not None:
        return Line(one.view.summary, (), refusal.sentence)
    events = decide(one.state, envelope, moment).finish().events
    told = dict.fromkeys(sentence(event, one.zone) for event in events if event.kind not in _NOT_TOLD)
    return Line(one.view.summary, tuple(told), None)
