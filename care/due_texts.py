"""The texts of the agenda when their turn comes.

The plan only notes that a text is on its way; the send itself checks everything again, and records itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

from care.done_keys import keys_done
from care.local_time import is_quiet
from schemas.made import Made, made
from schemas.messages import TextOrder, TextPurpose
from schemas.plan import AgendaItem, AgendaKind, PlanState, Session
from schemas.prompts import Asking, Prompt, PromptKind

_ANY_CHANGE = "CHK-CHANGE"


@made
class DueText(Made):
    """A text whose turn has come: the state that notes it, and the order to send."""

    state: PlanState
    order: TextOrder


def due_text(state: PlanState, item: AgendaItem, now: datetime) -> DueText | None:
    """The text of an item, or None where the item is no text, or not one for now: `why_not_now` says why."""
    known = _SAYS.get(item.kind)
    if known is None or why_not_now(state, item, now) is not None:
        return None
    purpose, says = known
    plan_id, protocol, number = state.plan_id, state.protocol, item.session_no
    session = state.session(number) if number else None
    template, asking = says(state, item, session, now)
    order = TextOrder.of(
        key=f"{plan_id}:{item.key}",
        plan_id=plan_id,
        recipient_id=state.client_id,
        purpose=purpose,
        template=template,
        rule=item.rule,
        ordered_at=now,
        expires_at=item.expires or now + protocol.reply_window,
        due_at=item.due,
        agenda_key=item.key,
        therapist_id=protocol.therapist_id,
        prompt=True,
        asking=asking,
    )
    if number is not None:
        order = _about(number, session, order)
    noted = state if asking.key in keys_done(state.done) else state.newly_asking(asking)
    return DueText.of(state=noted, order=order)


def _about(number: int, session: Session | None, order: TextOrder) -> TextOrder:
    """A text about a visit, which names the time that it knows of."""
    if session is None:
        return order.but(session_no=number)
    return order.but(session_no=number, session_revision=session.revision, starts_at=(session.starts_at,))


def by_calendar(item: AgendaItem) -> bool:
    """Whether an item is a question that comes by the calendar (SCH-3 … SCH-7), and so has another turn."""
    return item.session_no is None and item.kind is AgendaKind.routine_question


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


_Said = tuple[str, Asking]
"""The template of a text, and what it leaves in the plan once it is on its way."""


def _reminder(state: PlanState, item: AgendaItem, session: Session | None, now: datetime) -> _Said:
    hours = item.key.rpartition("-")[2]
    prompt = Prompt.of(
        key=f"s{item.session_no}:confirm",
        kind=PromptKind.confirm_session,
        session_no=item.session_no,
        asked_at=now,
        expires_at=session.starts_at if session else now + state.protocol.reply_window,
    )
    asking = Asking.of(key=item.key, at=now, prompt=prompt)
    return f"session_reminder_{hours}h", asking


def _health_question(state: PlanState, item: AgendaItem, session: Session | None, now: datetime) -> _Said:
    prompt = Prompt.of(
        key=f"s{item.session_no}:change",
        kind=PromptKind.health_change,
        question=_ANY_CHANGE,
        session_no=item.session_no,
        asked_at=now,
        expires_at=session.starts_at if session else now + state.protocol.reply_window,
    )
    return _ANY_CHANGE, Asking.of(key=item.key, at=now, prompt=prompt)


def _check_in(state: PlanState, item: AgendaItem, session: Session | None, now: datetime) -> _Said:
    question = item.subject
    prompt = Prompt.of(
        key=item.key,
        kind=PromptKind.score,
        question=question,
        session_no=item.session_no,
        asked_at=now,
        expires_at=now + state.protocol.reply_window,
        routine=True,
    )
    asking = Asking.of(key=item.key, at=now, prompt=prompt, routine=question)
    return question or _ANY_CHANGE, asking


def _repeated(state: PlanState, item: AgendaItem, session: Session | None, now: datetime) -> _Said:
    prompt = next((p for p in state.prompts if p.key == item.subject), None)
    question = prompt.question if prompt is not None else None
    asking = Asking.of(key=item.key, at=now, reminds=item.subject)
    return question or "CHK-PAIN", asking


_SAYS: dict[
    AgendaKind, tuple[TextPurpose, Callable[[PlanState, AgendaItem, Session | None, datetime], _Said]]
] = {
    AgendaKind.session_reminder: (TextPurpose.reminder, _reminder),
    AgendaKind.day_before: (TextPurpose.question, _health_question),
    AgendaKind.routine_question: (TextPurpose.question, _check_in),
    AgendaKind.prompt_reminder: (TextPurpose.question, _repeated),
}
"""What each text of the agenda is for, and how it is worded and noted."""
