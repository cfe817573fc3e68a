"""The plan that a judged intake form opens, before anybody has decided anything about it."""

from __future__ import annotations

from datetime import datetime
from typing import Final

from api.first_visit import FirstVisit
from care.opening import new_plan
from care.protocol import resolve
from schemas.intake import IntakeForm
from schemas.names import new_id
from schemas.plan import PlanState
from schemas.protocol import ChainLink, Measure
from schemas.rules import RulePack
from schemas.screening import ScreeningResult

_PRIMARY_MEASURE: Final = "PSFS"


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
        primary=_primary_measure(form, pack.measures[_PRIMARY_MEASURE].mcid),
        pain_baseline=form.pain,
        target_regions=form.target_regions,
    )
    state = new_plan(new_id(), new_id(), protocol.but(assessment_needed=True), result, now)
    return state.but(texts_on=form.consent.texts)


def _primary_measure(form: IntakeForm, mcid: float | None) -> Measure:
    """What the client wants to be able to do, 0-10 (PSFS): from the mean today to the goal."""
    if mcid is None:
        raise ValueError(f"measures.{_PRIMARY_MEASURE} has no mcid; state one in the rule pack")
    return Measure(code=_PRIMARY_MEASURE, baseline=form.goal_baseline, target=form.goal_target, mcid=mcid)
