"""What may be asked of a plan now: each command with the guard's own reason where it would be refused."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from api.console.permissions import IN_WORDS, Act, may
from care.guards import refuse
from schemas.commands import Actor, Command, CommandEnvelope, PausePlan, ResumePlan, Withdraw
from schemas.plan import PlanState


@dataclass(frozen=True)
class Offer:
    """A command's button. `why_not` is None where the plan would take it."""

    name: str
    why_not: str | None


_COMMANDS: Final[tuple[tuple[str, Act, Command], ...]] = (
    ("hold", Act.hold_or_resume, PausePlan()),
    ("resume", Act.hold_or_resume, ResumePlan()),
    ("withdraw", Act.withdraw, Withdraw()),
)


def offers(state: PlanState, actor: Actor, now: datetime) -> dict[str, Offer]:
    """Every command that steers a plan, by its name."""
    return {name: Offer(name, _why_not(state, actor, now, act, command)) for name, act, command in _COMMANDS}


def _why_not(state: PlanState, actor: Actor, now: datetime, act: Act, command: Command) -> str | None:
    if not may(actor.roles, act):
        return f"Your roles do not let you {IN_WORDS[act]}."
    refusal = refuse(state, CommandEnvelope(command_id="console-offer", actor=actor, command=command), now)
    return refusal.sentence if refusal else None
