"""The agenda: everything that will happen in a plan, in order, each with a rule and an owner.

One function, four uses: the workflow sleeps until its first item, the board shows it as "next", the
watchdog asks that every open plan has one, and the preview plays it forward.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, time, timedelta

from care.checkins import SORE_LIFE, day3_due, routine_questions, sore_due
from care.local_time import days_later, instant, local, local_day, out_of_quiet
from schemas.plan import (
    SLOT_TAKING,
    AgendaItem,
    AgendaKind,
    Alert,
    PlanState,
    Prompt,
    Session,
    SessionStatus,
    Stage,
)
from schemas.screening import HoldKind

SYSTEM = "system"
DAY_BEFORE_AT = time(9)
OFFICE_AT = time(9)
_LAPSE_UNPLACED = timedelta(hours=1)
_LOOKED_BACK = 3


def agenda(state: PlanState) -> tuple[AgendaItem, ...]:
    """Every future item of the plan, earliest first; the order is total, so replays agree."""
    items = [item for source in _SOURCES for item in source(state) if item.key not in state.done]
    return tuple(sorted(items, key=lambda item: (item.due, item.key)))


def next_item(state: PlanState) -> AgendaItem | None:
    """The first item of the agenda; None only when nothing more can happen by itself."""
    items = agenda(state)
    return items[0] if items else None


def due_items(state: PlanState, now: datetime) -> tuple[AgendaItem, ...]:
    """What is due: an item due exactly now is due (F20)."""
    return tuple(item for item in agenda(state) if item.due <= now)


def owner_of(state: PlanState, chain_position: int) -> str:
    """The person at this place of the escalation chain; its last person keeps what nobody took."""
    chain = state.protocol.chain
    return chain[min(chain_position, len(chain) - 1)].staff_id


def session_key(session: Session) -> str:
    """A session at one time: moving it makes a new key, so texts about the old time never pass (F05)."""
    return f"s{session.no}r{session.revision}"


def _texts_flow(state: PlanState) -> bool:
    return state.stage is Stage.active and state.texts_on


def _session_texts(state: PlanState) -> Iterator[AgendaItem]:
    """Reminders and the day-before question (SCH-8) of booked sessions."""
    if not _texts_flow(state):
        return
    hours = state.protocol.hours
    for session in state.sessions:
        if session.status is not SessionStatus.booked:
            continue
        key = session_key(session)
        if not session.confirmed:
            for before in state.protocol.reminder_hours:
                due = out_of_quiet(hours, session.starts_at - timedelta(hours=before))
                yield AgendaItem(
                    key=f"{key}:remind-{before}",
                    kind=AgendaKind.session_reminder,
                    due=due,
                    expires=_reminder_expiry(state, session, before),
                    rule=f"REMIND-{before}",
                    owner=SYSTEM,
                    session_no=session.no,
                )
        day_before = local_day(hours, session.starts_at) - timedelta(days=1)
        yield AgendaItem(
            key=f"{key}:day-before",
            kind=AgendaKind.day_before,
            due=instant(hours.zone, day_before, DAY_BEFORE_AT),
            expires=session.starts_at - timedelta(hours=2),
            rule="SCH-8",
            owner=SYSTEM,
            session_no=session.no,
        )


def _reminder_expiry(state: PlanState, session: Session, before: int) -> datetime:
    """A reminder is useful until the next one is due, the last until two hours before the visit (F07)."""
    later = [h for h in state.protocol.reminder_hours if h < before]
    return session.starts_at - timedelta(hours=max(later, default=2))


def _after_sessions(state: PlanState) -> Iterator[AgendaItem]:
    """The morning after: the soreness question (SCH-1), or a look for the outcome nobody recorded."""
    hours = state.protocol.hours
    attended = [s.no for s in state.sessions if s.status is SessionStatus.attended][-_LOOKED_BACK:]
    for session in state.sessions:
        due = sore_due(hours, session)
        if session.status is SessionStatus.booked:
            yield AgendaItem(
                key=f"{session_key(session)}:outcome",
                kind=AgendaKind.after_session,
                due=due,
                rule="OUTCOME-DUE",
                owner=state.protocol.therapist_id,
                session_no=session.no,
            )
        elif session.no in attended and _texts_flow(state):
            yield AgendaItem(
                key=f"s{session.no}:sore",
                kind=AgendaKind.routine_question,
                due=due,
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
                    due=third_day,
                    expires=third_day + timedelta(hours=8),
                    rule="SCH-2",
                    owner=SYSTEM,
                    session_no=session.no,
                    subject="CHK-PAIN",
                )


def _routine(state: PlanState) -> Iterator[AgendaItem]:
    """The questions of the check-in schedule that belong to no session (SCH-3 … SCH-7)."""
    if not _texts_flow(state):
        return
    for rule, question, due in routine_questions(state):
        yield AgendaItem(
            key=f"q:{question}:{local_day(state.protocol.hours, due).isoformat()}",
            kind=AgendaKind.routine_question,
            due=due,
            expires=due + timedelta(hours=10),
            rule=rule,
            owner=SYSTEM,
            subject=question,
        )


def _prompts(state: PlanState) -> Iterator[AgendaItem]:
    """A routine question unanswered: remind once, then note the silence (missing-answer ladder, AL-12)."""
    protocol = state.protocol
    for prompt in state.prompts:
        if not prompt.routine:
            continue
        if not prompt.reasked and _texts_flow(state):
            remind = out_of_quiet(protocol.hours, prompt.asked_at + protocol.remind_after)
            if remind < prompt.expires_at:
                yield _prompt_item(prompt, AgendaKind.prompt_reminder, remind, "remind")
        yield _prompt_item(prompt, AgendaKind.prompt_expiry, prompt.expires_at, "expire")


def _prompt_item(prompt: Prompt, kind: AgendaKind, due: datetime, what: str) -> AgendaItem:
    return AgendaItem(
        key=f"p:{prompt.key}:{what}",
        kind=kind,
        due=due,
        expires=prompt.expires_at if kind is AgendaKind.prompt_reminder else None,
        rule="AL-12",
        owner=SYSTEM,
        session_no=prompt.session_no,
        subject=prompt.key,
    )


def _approvals(state: PlanState) -> Iterator[AgendaItem]:
    """A decision that waits: remind its owner, then pass it to the next of the chain (F26)."""
    for approval in state.approvals:
        owner = owner_of(state, approval.chain_position)
        if not approval.reminded:
            yield AgendaItem(
                key=f"ap:{approval.id}:remind",
                kind=AgendaKind.approval_reminder,
                due=approval.remind_at,
                rule="APPROVAL-REMIND",
                owner=owner,
                subject=approval.id,
            )
        yield AgendaItem(
            key=f"ap:{approval.id}:due:{approval.escalations}",
            kind=AgendaKind.approval_escalation,
            due=approval.due_at,
            rule="APPROVAL-DEADLINE",
            owner=owner,
            subject=approval.id,
        )
        if approval.proposal.verdict is not None:
            yield AgendaItem(
                key=f"ap:{approval.id}:expire",
                kind=AgendaKind.proposal_expiry,
                due=approval.opened_at + timedelta(days=state.protocol.proposal_expires_days),
                rule="taper_policy.proposal_expires_days",
                owner=owner,
                subject=approval.id,
            )


def _alerts(state: PlanState) -> Iterator[AgendaItem]:
    """No alert dies silently (REQ-13): each has a next deadline until a person closes it."""
    for alert in state.alerts:
        owner = owner_of(state, alert.chain_position)
        if alert.acknowledged_at is None:
            yield _alert_item(alert, AgendaKind.alert_escalation, alert.acknowledge_by, owner)
        else:
            yield _alert_item(alert, AgendaKind.contact_overdue, alert.contact_by, owner)


def _alert_item(alert: Alert, kind: AgendaKind, due: datetime, owner: str) -> AgendaItem:
    return AgendaItem(
        key=f"al:{alert.id}:{kind}:{alert.escalations}",
        kind=kind,
        due=due,
        rule=alert.rule,
        owner=owner,
        session_no=alert.session_no,
        subject=alert.id,
    )


def _lapses(state: PlanState) -> Iterator[AgendaItem]:
    """A held session whose time comes does not go ahead; one without a slot is looked for again."""
    for session in state.sessions:
        if session.status is SessionStatus.held or session.status is SessionStatus.unplaced:
            yield AgendaItem(
                key=f"{session_key(session)}:lapse",
                kind=AgendaKind.session_lapse,
                due=session.starts_at
                - (_LAPSE_UNPLACED if session.status not in SLOT_TAKING else timedelta()),
                rule="MID-1" if session.status is SessionStatus.held else "SLOT-NEEDED",
                owner=state.protocol.therapist_id,
                session_no=session.no,
            )


def _screening(state: PlanState) -> Iterator[AgendaItem]:
    """Re-screens, letters to chase, clearances and screenings that run out (`disposition_algebra.expiry`)."""
    if state.closed:
        return
    protocol, screening = state.protocol, state.screening
    hours = protocol.hours
    for held in screening.holds:
        hold = held.hold
        if held.discharged_at is None:
            if hold.kind is HoldKind.defer and hold.rescreen_on is not None:
                yield AgendaItem(
                    key=f"hold:{held.key}:rescreen:{hold.rescreen_on.isoformat()}",
                    kind=AgendaKind.rescreen_due,
                    due=instant(hours.zone, hold.rescreen_on, OFFICE_AT),
                    rule=hold.rule,
                    owner=protocol.therapist_id,
                    subject=held.key,
                )
        elif held.document_valid_until is not None:
            yield AgendaItem(
                key=f"hold:{held.key}:expires:{held.document_valid_until.isoformat()}",
                kind=AgendaKind.clearance_expiry,
                due=instant(hours.zone, held.document_valid_until, OFFICE_AT),
                rule=hold.rule,
                owner=protocol.therapist_id,
                subject=held.key,
            )
    if state.stage in (Stage.active, Stage.suspended):
        expiry = instant(hours.zone, screening.valid_until, OFFICE_AT)
        day = screening.valid_until.isoformat()
        yield AgendaItem(
            key=f"screening:warn:{day}",
            kind=AgendaKind.screening_warning,
            due=days_later(hours, expiry, -protocol.screening_warning_days),
            rule="disposition_algebra.expiry",
            owner=protocol.therapist_id,
        )
        yield AgendaItem(
            key=f"screening:expire:{day}",
            kind=AgendaKind.screening_expiry,
            due=expiry,
            rule="disposition_algebra.expiry",
            owner=protocol.therapist_id,
        )


def _reviews(state: PlanState) -> Iterator[AgendaItem]:
    """The therapist's review falls due by days or by sessions, whichever is earlier."""
    if state.stage is not Stage.active:
        return
    protocol, progress = state.protocol, state.progress
    due = days_later(protocol.hours, progress.reviewed_at, protocol.review_days)
    if progress.sessions_since_review >= protocol.review_sessions and progress.scores:
        due = min(due, progress.scores[-1].at)
    stamp = local(protocol.hours.zone, progress.reviewed_at).date().isoformat()
    yield AgendaItem(
        key=f"review:{stamp}",
        kind=AgendaKind.review_due,
        due=due,
        rule="review_after",
        owner=protocol.therapist_id,
    )


def _pause(state: PlanState) -> Iterator[AgendaItem]:
    """A holiday pause asks to be ended when its day comes; a safety pause never ends by itself."""
    pause = state.pause
    if state.stage is Stage.suspended and pause is not None and pause.until is not None:
        yield AgendaItem(
            key=f"pause:{pause.until.isoformat()}",
            kind=AgendaKind.pause_ends,
            due=pause.until,
            rule="PAUSE-ENDS",
            owner=state.protocol.therapist_id,
        )


_SOURCES = (
    _session_texts,
    _after_sessions,
    _routine,
    _prompts,
    _approvals,
    _alerts,
    _lapses,
    _screening,
    _reviews,
    _pause,
)
