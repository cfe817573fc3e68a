"""How the plans' engine is asked, and the four ways in which it says no.

The API depends on `Plans`; the Temporal client behind it is handed in where a process is put together.
"""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from schemas.commands import CommandEnvelope, CommandReply
from schemas.plan import PlanState


class PlanAskFailed(Exception):  # noqa: N818 - a refusal is an answer, not a fault
    """The plan did not take the command. `code` is stable; `sentence` is for the person who asked."""

    def __init__(self, code: str, sentence: str) -> None:
        self.code = code
        self.sentence = sentence
        super().__init__(f"{code}: {sentence}")


class CommandRefused(PlanAskFailed):
    """The plan's rules refuse the command; nothing changed. `alternatives` are free times for a taken one."""

    def __init__(self, code: str, sentence: str, alternatives: tuple[datetime, ...] = ()) -> None:
        self.alternatives = alternatives
        super().__init__(code, sentence)


class PlanClosed(PlanAskFailed):
    """The plan has ended and takes no more commands."""

    def __init__(self, plan_id: str) -> None:
        super().__init__("plan_closed", f"Plan {plan_id} has ended; start a new plan to go on with care.")


class PlanUnknown(PlanAskFailed):
    """The engine knows no such plan (yet)."""

    def __init__(self, plan_id: str) -> None:
        super().__init__(
            "plan_unknown",
            f"Plan {plan_id} is not running yet. A new plan starts within seconds; then try again.",
        )


class EngineUnavailable(PlanAskFailed):
    """The engine did not answer in time. The command may still be applied: ask again with the same id."""

    def __init__(self, plan_id: str, why: str) -> None:
        super().__init__(
            "engine_unavailable",
            f"The care-plan engine did not answer for plan {plan_id} ({why}). "
            "Try again in a minute; the same request is never applied twice.",
        )


class Plans(Protocol):
    """The running plans."""

    async def start(self, state: PlanState) -> None:
        """Start the plan's workflow; a plan that was started before is left alone.

        Raises EngineUnavailable.
        """

    async def answers(self) -> bool:
        """Whether the engine answers at all, found out within a second; never raises."""
        ...

    async def command(self, plan_id: str, envelope: CommandEnvelope) -> CommandReply:
        """Apply a command once per `envelope.command_id` and wait until it is recorded.

        Raises CommandRefused, PlanClosed, PlanUnknown or EngineUnavailable.
        """
        ...
