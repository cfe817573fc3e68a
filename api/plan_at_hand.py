"""The plan that a request is about."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated

import structlog
from fastapi import Depends, Path
from starlette.responses import Response

from api.answers import answer
from api.clinic import TheClinic
from api.commanding import Asking
from database.plans import PlanView, plan
from schemas.commands import Command
from schemas.plan import PlanState


@dataclass(frozen=True)
class PlanAtHand:
    """A plan as the record has it."""

    view: PlanView

    @property
    def id(self) -> str:
        """The plan's id."""
        return self.view.summary.id

    @property
    def state(self) -> PlanState:
        """The state last recorded."""
        return self.view.state

    @property
    def zone(self) -> str:
        """The zone of the plan's site, in which its times are told."""
        return self.state.protocol.hours.zone

    async def told(self, ask: Asking, command: Command) -> Response:
        """Give the plan a command and answer with where it stands then."""
        return answer(await ask.command(self.id, command, self.zone), self.zone)


async def plan_at_hand(
    clinic: TheClinic, plan_id: Annotated[str, Path(max_length=64, description="The plan's id.")]
) -> PlanAtHand:
    """The plan in the path; NotFoundError, told as 404, if there is none."""
    structlog.contextvars.bind_contextvars(plan_id=plan_id)
    return PlanAtHand(await plan(clinic.engine, plan_id))


ThePlan = Annotated[PlanAtHand, Depends(plan_at_hand)]
