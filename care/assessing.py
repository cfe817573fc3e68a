"""The physical assessment before the first hands-on session (PA-01 … PA-11, ALG-9)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from care.body import touching
from care.draft import Draft
from care.form_answers import form_of, read_item
from care.pausing import ask_to_resume, suspend
from care.predicates import compile_predicate
from schemas.alerts import AlertReason
from schemas.commands import RecordAssessment
from schemas.events import EventKind
from schemas.rules import RulePack
from schemas.rules_delivery import AssessmentItem
from schemas.screening import Urgency
from schemas.treating import Assessment, AssessmentOutcome

RULE = "ALG-9"


def items_needed(
    pack: RulePack,
    answers: Mapping[str, Any],
    today: date,
    target_regions: tuple[str, ...],
    condition: str | None = None,
) -> tuple[AssessmentItem, ...]:
    """What this client's assessment must cover: the required items, and the conditional ones that apply.

    An unanswered question counts as a reason to look (P2).
    """
    form = form_of(pack)
    read = {item: read_item(form, item, answers.get(item), today).fields for item in pack.items}
    asked, at_work = pack.physical_assessment, touching(pack, target_regions)
    return (
        *asked.required,
        *(
            one
            for one in asked.conditional
            if at_work.intersection(one.regions)
            or condition in one.conditions
            or (one.when is not None and compile_predicate(one.when, one.id)(read, today))
        ),
    )


def record_assessment(draft: Draft, command: RecordAssessment) -> None:
    """The treating physiotherapist has examined the client. Not suitable stands the plan still."""
    made = Assessment(outcome=command.outcome, items=command.items, at=draft.now, by=draft.actor.id)
    draft.set(assessment=made)
    draft.event(
        EventKind.assessed,
        RULE,
        outcome=command.outcome,
        items=command.items,
        note_id=command.note_id,
    )
    draft.close_alerts(AlertReason.assessment_missing, "assessment recorded")
    if command.techniques is not None:
        draft.set(protocol=draft.protocol.but(techniques=command.techniques))
    if made.outcome.lets_start:
        draft.close_alerts(AlertReason.not_suitable, "assessed again")
        return
    urgency = Urgency.E2 if made.outcome is AssessmentOutcome.refer_on else Urgency.E3
    draft.raise_alert(AlertReason.not_suitable, urgency, RULE, subject=made.outcome)
    suspend(draft, RULE, ())
    ask_to_resume(draft, RULE)


def note_missing(draft: Draft, rule: str, session_no: int | None) -> None:
    """A hands-on session without an assessment: the record is kept, and a person is asked (ALG-9)."""
    assessment = draft.state.assessment
    if draft.protocol.assessment_needed and (assessment is None or not assessment.outcome.lets_start):
        draft.raise_alert(AlertReason.assessment_missing, Urgency.E3, rule, session_no=session_no)
