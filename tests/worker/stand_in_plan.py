"""A plan without rules: answers commands so that the way to a plan and back can be tested alone."""

from temporalio import workflow
from temporalio.exceptions import ApplicationError

with workflow.unsafe.imports_passed_through():
    from schemas import names
    from schemas.commands import CommandEnvelope, CommandReply, PausePlan, Withdraw
    from schemas.plan import PlanState

SENTENCE = "Tuesday 10:00 with Anna is taken"


@workflow.defn(name=names.PLAN_WORKFLOW)
class StandInPlan:
    """Pause is refused, withdrawal ends the plan, everything else is counted."""

    @workflow.init
    def __init__(self, state: PlanState) -> None:
        self._state = state
        self._applied = 0
        self._over = False

    @workflow.run
    async def run(self, state: PlanState) -> None:
        """Live until the client withdraws."""
        await workflow.wait_condition(lambda: self._over)

    @workflow.update(name=names.COMMAND_UPDATE)
    async def command(self, envelope: CommandEnvelope) -> CommandReply:
        """Apply a command."""
        if isinstance(envelope.command, PausePlan):
            raise ApplicationError(SENTENCE, type="not_now")
        self._applied += 1
        self._over = isinstance(envelope.command, Withdraw)
        return CommandReply(plan_id=self._state.plan_id, seq=self._applied, stage=self._state.stage)
