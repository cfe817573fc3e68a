"""The plan that a judged intake form opens, before anybody has decided anything about it."""

from __future__ import annotations

from datetime import datetime

from api.first_visit import FirstVisit
from care.goals import FIRST_GOAL, WantedGoal, goal
from care.opening import new_plan
from care.protocol import resolve
from schemas.intake import IntakeForm
from schemas.names import new_id
from schemas.plan import PlanState
from schemas.protocol import ChainLink
from schemas.rules import RulePack
from schemas.screening import ScreeningResult


def first_state(
    pack: RulePack,
    form: IntakeForm,
    result: ScreeningResult,
    visit: FirstVisit,
    *,
    chain: tuple[ChainLink, ...],
    now: datetime,
) -> PlanState:
    """A new plan for a new client, under ids of its own; hands-on work waits for the physical assessment (ALG-9)."""
    protocol = resolve(
        pack,
        profile=form.profile,
        condition=form.condition,
        screening=result,
        site_id=visit.site.id,
        hours=visit.site.hours,
        therapist_id=visit.slot.therapist_id,
        room_id=visit.slot.room_id,
        chain=chain,
        first_session_at=visit.slot.starts_at,
        primary=goal(pack, WantedGoal(code=FIRST_GOAL, baseline=form.goal_baseline, target=form.goal_target)),
        pain_baseline=form.pain,
        target_regions=form.target_regions,
    )
    state = new_plan(
        new_id(),
        new_id(),
        protocol.but(assessment_needed=True, stiffness_baseline=form.stiffness),
        result,
        now,
    )
    return state.but(texts_on=form.consent.texts)
