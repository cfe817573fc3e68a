"""The texts of the agenda when their turn comes.

The plan only notes that a text is on its way; the send itself checks everything again, and records itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import NamedTuple

from care.local_time import is_quiet
from schemas.messages import TextOrder, TextPurpose
from schemas.plan import TEXT_KINDS, AgendaItem, AgendaKind, PlanState, Session
from schemas.prompts import Asking, Prompt, PromptKind


class DueText(NamedTuple):
    """A text whose turn has come: the state that notes it, and the order to send."""

    state: PlanState
    order: TextOrder


def due_text(state: PlanState, item: AgendaItem, now: datetime) -> DueText | None:
    """The text of an item, or None where the item is no text, or not one for now: `why_not_now` says why."""
    kind, expires, number = item.kind, item.expires, item.session_no
    if kind not in TEXT_KINDS or why_not_now(state, item, now) is not None:
        return None
    template, purpose = _TEMPLATES[kind](state, item)
    session = state.session(number) if number else None
    asking = _asking(state, item, session, now)
    plan_id, protocol = state.plan_id, state.protocol
    order = TextOrder(
        key=f"{plan_id}:{item.key}",
        plan_id=plan_id,
        recipient_id=state.client_id,
        purpose=purpose,
        template=template,
        rule=item.rule,
        ordered_at=now,
        expires_at=expires or now + protocol.reply_window,
        due_at=item.due,
        agenda_key=item.key,
        session_no=number,
        session_revision=session.revision if session else None,
        starts_at=(session.starts_at,) if session else (),
        therapist_id=protocol.therapist_id,
        prompt=True,
        asking=asking,
    )
    return DueText(state=state.asking(asking), order=order)


def by_calendar(item: AgendaItem) -> bool:
    """Whether an item is a question that comes by the calendar (SCH-3 … SCH-7), and so has another turn."""
    return item.kind is AgendaKind.routine_question and item.session_no is None


def why_not_now(state: PlanState, item: AgendaItem, now: datetime) -> str | None:
    """Why a text whose turn has come does not go: its use has passed (F07), or it is night and it can wait (F13).

    A question that comes by the calendar has another turn. One comes at night if it took the turn of another that is
    not asked any more, such as that about a visit which the client has just cancelled.
    """
    if item.expires is not None and now >= item.expires:
        return "its use had passed"
    if by_calendar(item) and is_quiet(state.protocol.hours, now):
        return "its turn came in quiet hours"
    return None


def _asking(state: PlanState, item: AgendaItem, session: Session | None, now: datetime) -> Asking:
    """What the item's text leaves in the plan once it is on its way."""
    if item.kind is AgendaKind.prompt_reminder:
        return Asking(key=item.key, at=now, reminds=item.subject)
    routine = item.subject if item.kind is AgendaKind.routine_question else None
    return Asking(key=item.key, at=now, prompt=_prompt(state, item, session, now), routine=routine)


def _prompt(state: PlanState, item: AgendaItem, session: Session | None, now: datetime) -> Prompt:
    number = item.session_no
    if item.kind is AgendaKind.routine_question:
        return Prompt(
            key=item.key,
            kind=PromptKind.score,
            question=item.subject,
            session_no=number,
            asked_at=now,
            expires_at=now + state.protocol.reply_window,
            routine=True,
        )
    asks_change = item.kind is AgendaKind.day_before
    return Prompt(
        key=f"s{number}:change" if asks_change else f"s{number}:confirm",
        kind=PromptKind.health_change if asks_change else PromptKind.confirm_session,
        question="CHK-CHANGE" if asks_change else None,
        session_no=number,
        asked_at=now,
        expires_at=session.starts_at if session else now + state.protocol.reply_window,
    )


def _reminder_template(state: PlanState, item: AgendaItem) -> tuple[str, TextPurpose]:
    hours = item.key.rsplit("-", 1)[-1]
    return f"session_reminder_{hours}h", TextPurpose.reminder


def _question_template(state: PlanState, item: AgendaItem) -> tuple[str, TextPurpose]:
    return item.subject or "CHK-CHANGE", TextPurpose.question


def _repeat_template(state: PlanState, item: AgendaItem) -> tuple[str, TextPurpose]:
    prompt = next((p for p in state.prompts if p.key == item.subject), None)
    return (prompt.question if prompt and prompt.question else "CHK-PAIN"), TextPurpose.question


_TEMPLATES: dict[AgendaKind, Callable[[PlanState, AgendaItem], tuple[str, TextPurpose]]] = {
    AgendaKind.session_reminder: _reminder_template,
    AgendaKind.day_before: _question_template,
    AgendaKind.routine_question: _question_template,
    AgendaKind.prompt_reminder: _repeat_template,
}
