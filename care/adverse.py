"""Unwanted effects: graded, followed up until somebody in charge closes them, and felt by sessions and taper.

The pack's `adverse_events.mandatory_follow_up`: grade 1 and more is called within its hours and every 48 hours
after, and freezes the taper; grade 2 is examined before the next session; grade 3 stands the plan still.
"""

from __future__ import annotations

from datetime import timedelta

from care.adverse_grades import EXAMINE_FIRST, FREEZES, SUSPENDS, URGENCIES, followed_up, rule_of, terms_of
from care.draft import Draft
from care.pausing import ask_to_resume, suspend
from schemas.alerts import AlertReason
from schemas.commands import FollowUpAdverseEvent, ReportAdverseEvent
from schemas.events import EventKind
from schemas.plan import AgendaItem
from schemas.screening import Urgency
from schemas.treating import AdverseEvent


def report(draft: Draft, command: ReportAdverseEvent) -> None:
    """Somebody says that something unwanted happened."""
    hours = terms_of(draft.state, command.grade).follow_up_hours
    event = AdverseEvent(
        id=draft.new_serial(),
        grade=command.grade,
        reported_at=draft.now,
        follow_up_at=draft.now + timedelta(hours=hours),
        session_no=command.session_no,
        region=command.region,
        technique=command.technique,
        client_told=command.client_told,
        software=command.software_contributed,
    )
    draft.set(adverse=(*draft.state.adverse, event))
    draft.event(
        EventKind.adverse_reported,
        rule_of(event.grade),
        adverse=event.id,
        grade=event.grade,
        session=event.session_no,
        region=event.region,
        technique=event.technique,
        stops=command.stops,
        follow_up_at=event.follow_up_at.isoformat(),
        note_id=command.note_id,
    )
    _act_on(draft, event)
    _outlive_the_plan(draft, event)


def _act_on(draft: Draft, event: AdverseEvent) -> None:
    """What a grade asks for at once; asked again when it rises."""
    rule = rule_of(event.grade)
    if event.grade >= FREEZES:
        draft.raise_alert(
            AlertReason.adverse_event,
            URGENCIES[event.grade],
            rule,
            session_no=event.session_no,
            subject=event.id,
        )
    if event.grade >= SUSPENDS:
        suspend(draft, rule, ())
        ask_to_resume(draft, rule)
    if event.grade >= EXAMINE_FIRST and not event.client_told:
        draft.raise_alert(AlertReason.duty_of_candour, Urgency.E2, "REQ-07", subject=event.id)
    if event.software:
        draft.raise_alert(AlertReason.software_contributed, Urgency.E2, "REQ-01", subject=event.id)


def call_due(draft: Draft, item: AgendaItem) -> None:
    """The time to call the client has come: a task, and the next call two days on."""
    event = next(one for one in draft.state.adverse if one.id == item.subject)
    _put(
        draft,
        event.but(
            follow_ups=event.follow_ups + 1,
            follow_up_at=max(event.follow_up_at, draft.now) + _until_next_call(draft, event.grade),
        ),
    )
    urgency = Urgency.E3 if event.grade < FREEZES else Urgency.E2
    draft.raise_alert(AlertReason.adverse_follow_up, urgency, item.rule, subject=event.id)


def follow_up(draft: Draft, command: FollowUpAdverseEvent) -> None:
    """The client was called or examined: what is known now, and whether it is over."""
    event = next(one for one in draft.state.adverse if one.id == command.event_id)
    known = followed_up(event, command)
    grade = known.grade
    now = known.but(
        follow_ups=event.follow_ups + 1,
        follow_up_at=draft.now + _until_next_call(draft, grade),
    )
    _put(draft, now)
    draft.event(
        EventKind.adverse_followed_up,
        rule_of(grade),
        adverse=event.id,
        grade=grade,
        examined=now.examined,
        client_told=now.client_told,
        resolved=command.resolved,
        note_id=command.note_id,
    )
    _settle(draft, AlertReason.adverse_follow_up, event.id, "client called")
    if now.client_told:
        _settle(draft, AlertReason.duty_of_candour, event.id, "client told")
    if grade > event.grade:
        _act_on(draft, now)
    if command.resolved:
        draft.set(adverse=tuple(one for one in draft.state.adverse if one.id != event.id))
        for reason in (AlertReason.adverse_event, AlertReason.duty_of_candour):
            _settle(draft, reason, event.id, "adverse event closed")
        draft.event(EventKind.adverse_closed, rule_of(grade), adverse=event.id, grade=grade)
        return
    _outlive_the_plan(draft, now)


def _outlive_the_plan(draft: Draft, event: AdverseEvent) -> None:
    """An ended plan lives on in its alerts alone: one stands for an open event, or nobody would call again."""
    if draft.state.closed and all(alert.subject != event.id for alert in draft.state.alerts):
        rule = rule_of(event.grade)
        draft.raise_alert(AlertReason.adverse_follow_up, Urgency.E2, rule, subject=event.id)


def _until_next_call(draft: Draft, grade: int) -> timedelta:
    return timedelta(hours=terms_of(draft.state, grade).call_again_hours)


def _put(draft: Draft, event: AdverseEvent) -> None:
    draft.set(adverse=tuple(event if one.id == event.id else one for one in draft.state.adverse))


def _settle(draft: Draft, reason: AlertReason, subject: str, outcome: str) -> None:
    for alert in draft.state.alerts:
        if alert.reason is reason and alert.subject == subject:
            draft.close_alert(alert, outcome)
