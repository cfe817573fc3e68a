"""A plan gets another goal: from then on only what was measured alike is compared."""

from __future__ import annotations

from typing import Final

from care.draft import Draft
from care.goal_scores import assessor
from schemas.commands import Refusal
from schemas.events import EventKind
from schemas.goals import Measure
from schemas.plan import Stage

RULE: Final = "PA-06"


def refuse_goal(wanted: Measure | None) -> Refusal | None:
    """A goal that is met as it is set says nothing about the way to it."""
    if wanted is None or wanted.target != wanted.baseline:
        return None
    return Refusal(
        code="goal_met_already",
        sentence=f"The goal is {wanted.target:g} and so is its baseline; set one that is still to be reached.",
    )


def take_goal(draft: Draft, wanted: Measure) -> Measure:
    """The goal with who took its baseline. Scores in another measure are not known in this one.

    Visits thin out on known values only, so that the plan holds (D1, MISSING) until enough are taken anew; a step
    that was proposed on the old ones lapses with the evaluation that follows.
    """
    was = draft.protocol.primary
    alike = wanted.compares_with(was)
    same_baseline = alike and wanted.baseline == was.baseline
    taken = wanted.but(by=was.by if same_baseline else assessor(wanted, draft.actor))
    if not alike:
        _begin_afresh(draft, was, taken)
    return taken


def _begin_afresh(draft: Draft, was: Measure, now: Measure) -> None:
    scores = draft.state.progress.scores
    draft.event(
        EventKind.goal_changed,
        RULE,
        was=said(was),
        now=said(now),
        baseline=now.baseline,
        target=now.target,
        not_compared=len([one for one in scores if one.primary is not None]),
    )
    draft.progress(
        scores=tuple(one.but(primary=None, by=None) for one in scores),
        best_at_step=now.baseline,
        best_by=now.by,
        primary_at_review=now.baseline,
        primary_at_review_by=now.by,
    )
    draft.evaluate_taper = draft.state.stage is Stage.active


def said(measure: Measure) -> str:
    """The measure by its codes, the joint and how it is taken after it."""
    return " ".join((measure.code, *(measure.angle.parts if measure.angle else ())))
