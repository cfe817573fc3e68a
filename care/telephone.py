"""A check-in answered by telephone or at the desk: it counts as a text would, so that nobody needs texts to taper."""

from __future__ import annotations

from datetime import datetime

from care.draft import Draft
from care.guards_deciding import refuse_inactive
from care.number_noted import ask_for_a_person, kept_as, note_number
from schemas.alerts import AlertReason
from schemas.commands import Actor, AnswerCheckIn, Refusal
from schemas.events import EventKind
from schemas.plan import PlanState


def answer_check_in(draft: Draft, command: AnswerCheckIn) -> None:
    """The client was reached and said a number; what it raises was worked out at the edge (AL-01 … AL-11)."""
    note_number(draft, command.question, command.value)
    draft.close_alerts(AlertReason.silent_client, "client reached")
    draft.set(prompts=tuple(p for p in draft.state.prompts if p.question != command.question))
    draft.event(
        EventKind.answer_recorded,
        command.question,
        question=command.question,
        value=command.value,
        by="telephone",
        note_id=command.note_id,
        **kept_as(draft.protocol, command.question, command.value),
    )
    for alert in command.alerts:
        ask_for_a_person(draft, alert, command.question)


def refuse_check_in(
    state: PlanState,
    actor: Actor,
    command: AnswerCheckIn,
    now: datetime,
) -> Refusal | None:
    """Check-ins belong to an active plan (SCH-9)."""
    return refuse_inactive(state, "no check-in is asked")
