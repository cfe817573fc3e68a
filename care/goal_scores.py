"""What a visit says of the plan's goal: its value, who took it, and which change between values counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType
from typing import Final

from schemas.commands import CLINICIANS, Actor, RecordOutcome, Role
from schemas.goals import Measure
from schemas.plan import PlanState, Progress, Score

TAKEN_AS: Final[Mapping[str, str]] = MappingProxyType({"NRS": "pain", "STIFF": "stiffness"})
"""Measures that every visit takes anyway: a goal in them needs no second number."""

_ASSESSORS: Final = CLINICIANS | {Role.stretch_practitioner}


def goal_value(measure: Measure, command: RecordOutcome) -> float | None:
    """The goal's value at a visit; None where it was not taken."""
    if command.primary is not None or measure.code not in TAKEN_AS:
        return command.primary
    taken: float | None = getattr(command, TAKEN_AS[measure.code])
    return taken


def assessor(measure: Measure, actor: Actor) -> str | None:
    """Who took a value, as whoever records it; None where it does not count, or nobody who treats has recorded it."""
    if measure.mdc_between is None or _ASSESSORS.isdisjoint(actor.roles):
        return None
    return actor.id


def change_that_counts(measure: Measure, progress: Progress, scores: Sequence[Score]) -> float:
    """The change worth acting on between the baseline, the best at this step and these scores."""
    if measure.mdc_between is None:
        return measure.mcid
    best = () if progress.best_at_step is None else (progress.best_by,)
    return measure.worth((measure.by, *best, *(one.by for one in scores if one.primary is not None)))


def counts_now(state: PlanState) -> float:
    """The change worth acting on between the values that the taper policy looks at now."""
    protocol, progress = state.protocol, state.progress
    scores = progress.scores[-protocol.taper.n_consecutive :]
    return change_that_counts(protocol.primary, progress, scores)
