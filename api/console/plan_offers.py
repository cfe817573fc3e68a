"""What may be asked of a plan now: each command with the guard's own reason where it would be refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.console.asked_ahead import NOT_GIVEN, refusal_of
from api.console.permissions import IN_WORDS, Act, may
from schemas.commands import (
    Actor,
    Amend,
    AnswerCheckIn,
    Command,
    DischargePlan,
    PausePlan,
    ProtocolEdit,
    RecordAssessment,
    ReportAdverseEvent,
    ResumePlan,
    Withdraw,
)
from schemas.plan import PlanState
from schemas.treating import AssessmentOutcome


@dataclass(frozen=True)
class Offer:
    """A command's button. `why_not` is None where the plan would take it."""

    name: str
    why_not: str | None


_COMMANDS: Final[tuple[tuple[str, Act, Command], ...]] = (
    ("hold", Act.hold_or_resume, PausePlan()),
    ("resume", Act.hold_or_resume, ResumePlan()),
    ("amend", Act.decide, Amend(edit=ProtocolEdit(), reason_id=NOT_GIVEN)),
    ("regions", Act.decide, Amend(edit=ProtocolEdit(), reason_id=NOT_GIVEN)),
    ("discharge", Act.decide, DischargePlan(reason_id=NOT_GIVEN)),
    ("withdraw", Act.withdraw, Withdraw()),
    ("assessment", Act.assess, RecordAssessment(outcome=AssessmentOutcome.suitable, items=())),
    ("check_in", Act.take_check_in, AnswerCheckIn(question="CHK-PAIN", value=0)),
    ("effect", Act.report_effect, ReportAdverseEvent(grade=0)),
)


def offers(state: PlanState, actor: Actor, now: datetime) -> dict[str, Offer]:
    """Every command that a plan's page offers, by its name."""
    return {name: Offer(name, _why_not(state, actor, now, act, command)) for name, act, command in _COMMANDS}


def _why_not(state: PlanState, actor: Actor, now: datetime, act: Act, command: Command) -> str | None:
    if not may(actor.roles, act):
        return f"Your roles do not let you {IN_WORDS[act]}."
    refusal = refusal_of(state, actor, command, now)
    return refusal.sentence if refusal else None
