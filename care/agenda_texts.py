"""The agenda's texts: what a plan will ask and tell its client, and the look for an outcome nobody recorded."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta
from functools import lru_cache

from care.agenda_memory import looks_at
from care.checkins import (
    SORE_LIFE,
    asked_of_sessions,
    day3_due,
    routine_questions,
    sore_answers,
    sore_due,
)
from care.local_time import calendar_day, instant, local_day, out_of_quiet
from schemas.plan import AgendaItem, AgendaKind, PlanState, Session, SessionStatus, Stage
from schemas.prompts import Prompt, PromptKind

SYSTEM = "system"
DAY_BEFORE_AT = time(9)
_ROUTINE_LIFE = timedelta(hours=10)
_LOOKED_BACK = 3


def session_key(session: Session) -> str:
    """A session at one time: moving it makes a new key, so texts about the old time never pass (F05)."""
    return f"s{session.no}r{session.revision}"


def _texts_flow(state: PlanState) -> bool:
    return state.stage is Stage.active and state.texts_on


def _allowed(state: PlanState, due: datetime) -> datetime:
    """When a routine text may go that is due at this instant: not before texts flowed (again), never at night."""
    return out_of_quiet(state.protocol.hours, max(due, state.texts_since or due))


@looks_at("stage", "texts_on", "texts_since", "protocol", "sessions")
def _session_texts(state: PlanState) -> Iterator[AgendaItem]:
    """Reminders and the day-before question (SCH-8: "see you tomorrow") of booked sessions."""
    if not _texts_flow(state):
        return
    hours = state.protocol.hours
    for session in state.sessions:
        if session.status is not SessionStatus.booked:
            continue
        key = session_key(session)
        if not session.confirmed:
            for before in state.protocol.reminder_hours:
                due = session.starts_at - timedelta(hours=before)
                if session.placed_at is not None and due <= session.placed_at:
                    continue
                yield AgendaItem(
                    key=f"{key}:remind-{before}",
                    kind=AgendaKind.session_reminder,
                    due=_allowed(state, due),
                    expires=_reminder_expiry(state, session, before),
                    rule=f"REMIND-{before}",
                    owner=SYSTEM,
                    session_no=session.no,
                )
        day = local_day(hours, session.starts_at)
        asked_at = instant(hours.zone, day - timedelta(days=1), DAY_BEFORE_AT)
        yield AgendaItem(
            key=f"{key}:day-before",
            kind=AgendaKind.day_before,
            due=_allowed(state, max(asked_at, session.placed_at or asked_at)),
            expires=instant(hours.zone, day, time()),
            rule="SCH-8",
            owner=SYSTEM,
            session_no=session.no,
        )


def _reminder_expiry(state: PlanState, session: Session, before: int) -> datetime:
    """A reminder is useful until the next one is due, the last until two hours before the visit (F07)."""
    later = [h for h in state.protocol.reminder_hours if h < before]
    return session.starts_at - timedelta(hours=max(later, default=2))


@looks_at(
    "stage",
    "texts_on",
    "texts_since",
    "protocol",
    "sessions",
    "progress.step",
    "progress.step_entered_at",
    "progress.sessions_completed",
    progress_answers=sore_answers,
)
def _after_sessions(state: PlanState) -> Iterator[AgendaItem]:
    """The morning after: the soreness question (SCH-1), or a look for the outcome nobody recorded."""
    hours = state.protocol.hours
    attended = [s.no for s in state.sessions if s.status is SessionStatus.attended][-_LOOKED_BACK:]
    for session in state.sessions:
        if session.status is SessionStatus.booked and not state.closed:
            yield AgendaItem(
                key=f"{session_key(session)}:outcome",
                kind=AgendaKind.after_session,
                due=sore_due(hours, session),
                rule="OUTCOME-DUE",
                owner=state.protocol.therapist_id,
                session_no=session.no,
            )
        elif session.no in attended and _texts_flow(state):
            due = sore_due(hours, session)
            yield AgendaItem(
                key=f"s{session.no}:sore",
                kind=AgendaKind.routine_question,
                due=_allowed(state, max(due, session.closed_at or due)),
                expires=session.starts_at + SORE_LIFE,
                rule="SCH-1",
                owner=SYSTEM,
                session_no=session.no,
                subject="CHK-SORE",
            )
            third_day = day3_due(state, session)
            if third_day is not None:
                yield AgendaItem(
                    key=f"s{session.no}:day3",
                    kind=AgendaKind.routine_question,
                    due=_allowed(state, third_day),
                    expires=third_day + timedelta(hours=8),
                    rule="SCH-2",
                    owner=SYSTEM,
                    session_no=session.no,
                    subject="CHK-PAIN",
                )


@looks_at(
    "stage",
    "texts_on",
    "texts_since",
    "protocol",
    "sessions",
    "put_off",
    "routine_sent",
    "progress.step",
    "progress.step_entered_at",
    "progress.started_at",
    "progress.reviewed_at",
    "progress.sessions_completed",
    done=asked_of_sessions,
    progress_answers=sore_answers,
)
def _routine(state: PlanState) -> Iterator[AgendaItem]:
    """The questions of the check-in schedule that belong to no session (SCH-3 … SCH-7)."""
    if not _texts_flow(state):
        return
    zone = state.protocol.hours.zone
    for rule, question, due in routine_questions(state):
        yield _question_item(zone, rule, question, due, _allowed(state, due))


@lru_cache(maxsize=256)
def _question_item(zone: str, rule: str, question: str, due: datetime, allowed: datetime) -> AgendaItem:
    """The same turn is the same item: most steps of a plan move one question's turn or none."""
    return AgendaItem(
        key=f"q:{question}:{calendar_day(zone, due).isoformat()}",
        kind=AgendaKind.routine_question,
        due=allowed,
        expires=due + _ROUTINE_LIFE,
        rule=rule,
        owner=SYSTEM,
        subject=question,
    )


@looks_at("stage", "texts_on", "texts_since", "protocol", "prompts")
def _prompts(state: PlanState) -> Iterator[AgendaItem]:
    """A routine question unanswered: remind once, then note the silence (missing-answer ladder, AL-12)."""
    protocol = state.protocol
    for prompt in state.prompts:
        if prompt.kind is PromptKind.which:
            yield _prompt_item(prompt, AgendaKind.prompt_expiry, prompt.expires_at, "expire")
        if not prompt.routine:
            continue
        if not prompt.reasked and _texts_flow(state):
            remind = _allowed(state, prompt.asked_at + protocol.remind_after)
            if remind < prompt.expires_at:
                yield _prompt_item(prompt, AgendaKind.prompt_reminder, remind, "remind")
        yield _prompt_item(prompt, AgendaKind.prompt_expiry, prompt.expires_at, "expire")


def _prompt_item(prompt: Prompt, kind: AgendaKind, due: datetime, what: str) -> AgendaItem:
    expires = prompt.expires_at if kind is AgendaKind.prompt_reminder else None
    return _item_of_prompt(prompt.key, prompt.session_no, (kind, what), due, expires)


@lru_cache(maxsize=256)
def _item_of_prompt(
    key: str, session_no: int | None, named: tuple[AgendaKind, str], due: datetime, expires: datetime | None
) -> AgendaItem:
    """The same prompt has the same items, whatever is asked or answered beside it."""
    kind, what = named
    return AgendaItem(
        key=f"p:{key}:{what}",
        kind=kind,
        due=due,
        expires=expires,
        rule="AL-12",
        owner=SYSTEM,
        session_no=session_no,
        subject=key,
    )


TEXT_SOURCES = (_session_texts, _after_sessions, _routine, _prompts)
