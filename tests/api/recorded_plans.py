"""Plans without an engine: the real guards, decisions and record, one transition at a time, in this process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy.ext.asyncio import AsyncEngine

from care.agenda import next_item
from care.deciding import decide, with_conflicts
from care.draft import Draft
from care.guards import refuse
from care.opening import open_plan
from database.record import record
from schemas.commands import Command, CommandEnvelope, CommandReply, ReceiveText, Reschedule
from schemas.plan import PlanState
from schemas.refusals import CommandRefused, EngineUnavailable, PlanUnknown
from schemas.replies import Reading
from schemas.transition import ReplyFinding


@dataclass
class RecordedPlans:
    """What the API asked of its plans, and what they did. `away` makes the engine unreachable."""

    engine: AsyncEngine
    clock: Callable[[], datetime]
    states: dict[str, PlanState] = field(default_factory=dict)
    envelopes: list[CommandEnvelope] = field(default_factory=list)
    away: bool = False

    @property
    def commands(self) -> list[Command]:
        """Every command that was let pass, in order."""
        return [envelope.command for envelope in self.envelopes]

    async def start(self, state: PlanState) -> None:
        """Open the plan, once."""
        if self.away:
            raise EngineUnavailable(state.plan_id, "no connection")
        if state.plan_id not in self.states:
            self.states[state.plan_id] = state
            await self._commit(open_plan(state, self.clock()))

    async def answers(self) -> bool:
        """Whether the engine is there."""
        return not self.away

    async def command(self, plan_id: str, envelope: CommandEnvelope) -> CommandReply:
        """Refuse or apply a command, as the workflow does."""
        if self.away:
            raise EngineUnavailable(plan_id, "no connection")
        if plan_id not in self.states:
            raise PlanUnknown(plan_id)
        state = self.states[plan_id]
        repeated = envelope.command_id in state.recent_commands
        if not repeated:
            refusal = refuse(state, envelope, self.clock())
            if refusal is not None:
                raise CommandRefused(refusal.code, refusal.sentence)
            finding = ReplyFinding(reading=Reading()) if isinstance(envelope.command, ReceiveText) else None
            draft = decide(state, envelope, self.clock(), finding)
            await self._commit(draft, refusable=isinstance(envelope.command, Reschedule))
            self.envelopes.append(envelope)
        state = self.states[plan_id]
        return CommandReply(plan_id=plan_id, seq=state.seq, stage=state.stage, repeated=repeated)

    async def _commit(self, draft: Draft, *, refusable: bool = False) -> None:
        while True:
            transition = draft.finish()
            reply = await record(self.engine, transition, next_item(transition.state))
            if not reply.conflicts:
                break
            first = reply.conflicts[0]
            if refusable:
                sentence = f"That time is not free: {first.reason}."
                raise CommandRefused("slot_taken", sentence, first.alternatives)
            with_conflicts(draft, reply.conflicts)
        self.states[transition.state.plan_id] = transition.state
