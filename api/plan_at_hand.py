"""The plan that a request is about."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Annotated

import structlog
from fastapi import Depends, Path
from starlette.responses import Response

from api.answers import answer
from api.clinic import Clinic, TheClinic
from api.commanding import Asking
from api.console.moments import SiteClock
from api.identity import Identity, Who
from api.problems import Problem
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

    def present(self, clinic: Clinic) -> SiteClock:
        """Now, at the plan's site: the clinic's time, or the plan's last change where that runs ahead of it."""
        return SiteClock(self.zone, max(clinic.clock(), self.view.summary.updated_at))

    async def told(self, ask: Asking, command: Command) -> Response:
        """Give the plan a command and answer with where it stands then."""
        return answer(await ask.command(self.id, command, self.zone), self.zone)


async def ones_own_plan(clinic: Clinic, who: Identity, plan_id: str) -> PlanAtHand:
    """The plan, for a process or for somebody who works at its site; NotFoundError if there is none.

    Problem 403 for staff of other sites: what they may do is theirs to do where they work.
    """
    structlog.contextvars.bind_contextvars(plan_id=plan_id)
    found = PlanAtHand(await plan(clinic.engine, plan_id))
    if who.member is not None and found.view.summary.site_id not in who.member.roles:
        raise Problem(
            HTTPStatus.FORBIDDEN,
            "not_your_site",
            "This plan belongs to a site where you do not work. Ask somebody there, or the clinic manager.",
        )
    return found


async def plan_at_hand(
    clinic: TheClinic, who: Who, plan_id: Annotated[str, Path(max_length=64, description="The plan's id.")]
) -> PlanAtHand:
    """The plan in the path, if it is the asker's to see."""
    return await ones_own_plan(clinic, who, plan_id)


ThePlan = Annotated[PlanAtHand, Depends(plan_at_hand)]
