"""The engine's edge for tests of what stands before it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field

from schemas.commands import CommandEnvelope, CommandReply
from schemas.plan import PlanState
from schemas.refusals import EngineUnavailable, PlanAskFailed

OpenPlan = Callable[..., Awaitable[PlanState]]


@dataclass
class PlansThatAnswer:
    """The engine's edge: takes every command and keeps it, or refuses as told."""

    refusal: PlanAskFailed | None = None
    unwell: str | None = None
    """The id of a plan that never answers."""
    started: list[str] = field(default_factory=list)
    heard: dict[str, tuple[str, CommandEnvelope]] = field(default_factory=dict)
    all_heard: list[tuple[str, CommandEnvelope]] = field(default_factory=list)

    async def start(self, state: PlanState) -> None:
        """Keep its id."""
        if state.plan_id == self.unwell:
            raise EngineUnavailable(state.plan_id, "no answer in time")
        self.started.append(state.plan_id)

    async def answers(self) -> bool:
        """It is always there."""
        return True

    async def command(self, plan_id: str, envelope: CommandEnvelope) -> CommandReply:
        """Keep it by its id, as a plan applies each id once."""
        if self.refusal is not None:
            raise self.refusal
        if plan_id == self.unwell:
            raise EngineUnavailable(plan_id, "no answer in time")
        self.heard[envelope.command_id] = (plan_id, envelope)
        self.all_heard.append((plan_id, envelope))
        return CommandReply(plan_id=plan_id, seq=1, stage="active")
