"""The questions of the day, asked before every session (DAY-01 … DAY-05): what an answer leads to, and what none.

A question that nobody asked is never a no: the session is recorded as it was, and a person asks the client.
"""

from __future__ import annotations

from datetime import datetime
from typing import Final

from care.alerts import day_not_asked
from care.booking import ahead
from care.draft import Draft
from care.guards_deciding import refuse_closed
from care.pausing import ask_to_resume, suspend
from schemas.alerts import Alert, AlertReason
from schemas.commands import Actor, AnswerDayQuestions, Refusal
from schemas.events import EventKind
from schemas.plan import PlanState, Stage
from schemas.screening import Urgency

SEVERE_TODAY: Final = "DAY-04"
"""Pain of 8 or more before a session: no further one until a physiotherapist has looked."""
GO_AHEAD: Final = "DAY-05"
"""Whether the client is happy to go ahead: no means no session (`cancelled`), rebooked or stopped without penalty."""

_RULE: Final = "screening.session_day_check"


def note_day(
    draft: Draft, session_no: int, day_check: tuple[str, ...], repeat_items: tuple[str, ...]
) -> None:
    """What the day's questions brought up, at the session or asked afterwards.

    A yes to DAY-01 … DAY-03 stands the plan still until the matching questions are repeated (MID-1); severe pain
    (DAY-04) keeps the next session waiting for a physiotherapist (MID-2).
    """
    if not day_check:
        return
    draft.event(
        EventKind.day_checked,
        day_check[0],
        session=session_no,
        rules=day_check,
        items=repeat_items,
    )
    if SEVERE_TODAY in day_check:
        draft.raise_alert(AlertReason.number_alert, Urgency.E2, SEVERE_TODAY, session_no=session_no)
    if repeat_items and draft.state.stage in (Stage.active, Stage.suspended):
        draft.raise_alert(
            AlertReason.health_change,
            Urgency.E2,
            day_check[0],
            session_no=session_no,
            screening_items=repeat_items,
        )
        suspend(draft, "MID-1", repeat_items)
        ask_to_resume(draft, "MID-1")


def note_not_asked(draft: Draft, session_no: int, not_asked: tuple[str, ...]) -> None:
    """What was not asked at a session is put before a person, in one alert that tells of the latest session.

    Answers at a later session are answers to what an earlier one left open; an earlier session, recorded late,
    answers nothing that a later one left open.
    """
    if not_asked:
        draft.event(EventKind.day_not_asked, _RULE, session=session_no, rules=not_asked)
    held = day_not_asked(draft.state)
    if held is None:
        if not_asked:
            draft.raise_alert(
                AlertReason.day_not_asked, Urgency.E3, _RULE, session_no=session_no, not_asked=not_asked
            )
    elif (held.session_no or 0) < session_no:
        _leaves(draft, held.but(session_no=session_no), not_asked)


def _leaves(draft: Draft, alert: Alert, not_asked: tuple[str, ...]) -> None:
    """The alert waits for these questions now; for none, it is dealt with."""
    if not not_asked:
        draft.close_alert(alert, "questions asked")
        return
    waits = alert.but(not_asked=not_asked)
    draft.set(alerts=tuple([waits if one.id == alert.id else one for one in draft.state.alerts]))


def answer_day_questions(draft: Draft, command: AnswerDayQuestions) -> None:
    """Asked after the session, by telephone or at the desk: an answer leads to what it would have led to there.

    A client who would not go ahead gets another time, or none, without penalty (DAY-05).
    """
    draft.event(EventKind.day_asked_later, _RULE, session=command.session_no, items=command.asked)
    alert = day_not_asked(draft.state)
    if alert is not None:
        _leaves(draft, alert, tuple(one for one in alert.not_asked if one not in command.asked))
    note_day(draft, command.session_no, command.day_check, command.repeat_items)
    if command.declined:
        coming = next((one.no for one in ahead(draft.state, draft.now)), None)
        draft.raise_alert(AlertReason.change_requested, Urgency.E3, GO_AHEAD, session_no=coming)


def refuse_day_questions(
    state: PlanState, actor: Actor, command: AnswerDayQuestions, now: datetime
) -> Refusal | None:
    """Answers are taken while an alert waits for them; what comes up otherwise is told in its own way."""
    alert = day_not_asked(state)
    if alert is not None and alert.session_no == command.session_no:
        return refuse_closed(state)
    return refuse_closed(state) or Refusal(
        code="nothing_to_ask",
        sentence=(
            f"No question of the day is left to ask about session {command.session_no}. "
            "Record what the client says with the outcome of the next one, or report an unwanted effect."
        ),
    )
