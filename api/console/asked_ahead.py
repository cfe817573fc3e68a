"""A command that nobody has given yet: what the plan would say to it, by the guards that a real one meets."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from care.guards import refuse
from schemas.commands import Actor, Command, CommandEnvelope, Refusal
from schemas.plan import PlanState

NOT_GIVEN: Final = "console-preview"
"""Stands for the ids that a real command would bring: its own, and that of the words written with it."""


def supposed(actor: Actor, command: Command) -> CommandEnvelope:
    """The command as if this person gave it."""
    return CommandEnvelope(command_id=NOT_GIVEN, actor=actor, command=command)


def refusal_of(state: PlanState, actor: Actor, command: Command, now: datetime) -> Refusal | None:
    """Why the plan would refuse it now; None if it would not."""
    return refuse(state, supposed(actor, command), now)
