"""A plan's page, also with a refusal on it: the routes of the plan and those of its commands share it."""

from __future__ import annotations

from http import HTTPStatus

from starlette.responses import Response

from api.console.desk import Desk
from api.console.forms import Sent, as_problem, nothing_typed
from api.console.plan_offers import offers
from api.console.plan_story import plan_story
from api.plan_at_hand import PlanAtHand
from api.problems import Problem
from database.plans import plan
from database.staff import all_staff
from schemas.names import new_id
from schemas.refusals import PlanAskFailed


async def plan_page(
    at: Desk, at_hand: PlanAtHand, no: Problem | PlanAskFailed | None = None, form: Sent | None = None
) -> Response:
    """The page. After a refusal the plan is read again: what refused may have changed it."""
    if no is not None:
        at_hand = PlanAtHand(await plan(at.clinic.engine, at_hand.id))
    story = await plan_story(at.clinic, at_hand)
    status, refusal = as_problem(no, story.clock.at) if no else (HTTPStatus.OK, None)
    return at.page(
        "plans",
        "plan.html",
        status,
        story=story,
        state=at_hand.state,
        summary=at_hand.view.summary,
        offers=offers(at_hand.state, at.who.actor, story.clock.now),
        people={one.id: one.name for one in await all_staff(at.clinic.engine)},
        typed=form.typed if form else nothing_typed(),
        key=new_id(),
        refusal=refusal,
    )
