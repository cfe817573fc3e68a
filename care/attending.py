"""Alerts and repeated screening: what people do about what came up."""

from __future__ import annotations

from datetime import datetime

from care.alerts import REVIEWS
from care.algebra import found_now, laws_at_work
from care.approving import decided_after_no_change, reviewed
from care.draft import Draft
from care.following_holds import follow_holds
from care.held_regions import leave_out_held_regions
from care.local_time import local_day
from care.named import the_alert
from care.opening import screening_alert
from care.pausing import ask_to_resume
from care.screening_age import answers_alert, repeated, still_to_ask
from care.taper import NO_CHANGE_TWICE
from schemas.commands import AcknowledgeAlert, CloseAlert, Rescreen
from schemas.events import EventKind
from schemas.plan import HeldRequirement, Pause
from schemas.protocol import ApprovalKind
from schemas.screening import URGENT, HoldKind

_TOLD_ANEW = frozenset({HoldKind.defer, HoldKind.refer_urgent, HoldKind.incomplete})
"""What holds again when its question is asked again and answered the same, whatever ended it before."""


def acknowledge(draft: Draft, command: AcknowledgeAlert) -> None:
    """A named person has taken the alert on; from now the contact deadline counts."""
    alert = the_alert(draft.state, command.alert_id)
    taken = alert.but(acknowledged_at=draft.now, acknowledged_by=draft.actor.id)
    draft.set(alerts=tuple([taken if a is alert else a for a in draft.state.alerts]))
    draft.event(EventKind.alert_acknowledged, alert.rule, alert=alert.id)


def close_alert(draft: Draft, command: CloseAlert) -> None:
    """The alert is dealt with. After an urgent one the plan still waits for its therapist (MID-3)."""
    alert = the_alert(draft.state, command.alert_id)
    draft.close_alert(alert, command.outcome, command.note_id)
    if alert.reason in REVIEWS:
        draft.settle(alert.rule)
        reviewed(draft)
        if alert.rule == NO_CHANGE_TWICE:
            decided_after_no_change(draft)
    pause = draft.state.pause
    if pause is not None and draft.state.safe_to_start and not _ends_by_itself(pause, draft.now):
        ask_to_resume(draft, "MID-3", alert.id)


def _ends_by_itself(pause: Pause, now: datetime) -> bool:
    """Whether the day is still to come on which somebody is asked to end it; a safety pause has none."""
    return not pause.safety and pause.until is not None and pause.until > now


def rescreen(draft: Draft, command: Rescreen) -> None:
    """The questions were asked again: new findings count at once, only dates may be lifted (ALG-7, P3).

    No items named means the whole form. Only that starts the screening's validity afresh: a few questions asked
    again after an alert say nothing about the others.
    """
    whole = not command.items
    result = command.result
    now = found_now(result, draft.state.screening.result, command.items)
    today = local_day(draft.protocol.hours, draft.now)
    screening = repeated(draft.state.screening, draft.protocol, command, today).but(
        result=result,
        overall=result.overall,
        holds=_merge(draft, command),
        repeat_items=tuple(
            item for item in draft.state.screening.repeat_items if not whole and item not in command.items
        ),
    )
    for alert in draft.state.alerts:
        if answers_alert(alert, command):
            draft.close_alert(alert, "screening repeated")
    draft.set(alerts=tuple(still_to_ask(alert, command) for alert in draft.state.alerts))
    restrictions = dict.fromkeys((*draft.protocol.restrictions, *result.restrictions))
    draft.set(screening=screening, protocol=draft.protocol.but(restrictions=tuple(restrictions)))
    leave_out_held_regions(draft)
    draft.event(
        EventKind.rescreened,
        "MID-3",
        overall=result.overall,
        items=command.items,
        rules=tuple(finding.rule for finding in result.findings),
        laws=laws_at_work(result),
    )
    draft.lapse_approvals(ApprovalKind.rescreen)
    if now.urgency in URGENT:
        screening_alert(draft, now)
    follow_holds(draft, "MID-3", stop="MID-1" if now.urgency in URGENT else None)


def _merge(draft: Draft, command: Rescreen) -> tuple[HeldRequirement, ...]:
    """Holds after a repeat: letters and referrals stay until discharged; a defer or a gap is what it is now.

    A letter that has discharged a hold counts until its last day, also when the same answer is given again
    (ALG-4); a defer found again brings its new date (ALG-7), also one that was set aside (ALG-10). No letter written
    before answers an urgent finding that is told anew, or a question that is left open again.
    """
    today = local_day(draft.protocol.hours, draft.now)
    new = {held.key: held for held in (HeldRequirement(hold=hold) for hold in command.result.holds)}
    merged: dict[str, HeldRequirement] = {}
    for held in draft.state.screening.holds:
        answered = held.hold.kind in (HoldKind.defer, HoldKind.incomplete)
        if held.discharged_at is not None and held.hold.kind in _TOLD_ANEW and _asked(held, command):
            if held.hold.kind is HoldKind.refer_urgent and held.key not in new:
                merged[held.key] = held  # its outcome and document stay in the record
            continue
        if held.discharged_at is not None:
            expired = held.document_valid_until is not None and held.document_valid_until <= today
            merged[held.key] = (
                held.but(discharged_at=None, discharged_by=None, document_valid_until=None)
                if expired
                else held
            )
        elif not answered:
            merged[held.key] = held
        elif held.key not in new:
            draft.event(EventKind.hold_discharged, held.hold.rule, hold=held.key, by="rescreen")
    for key, held in new.items():
        merged.setdefault(key, held)
    return tuple(merged.values())


def _asked(held: HeldRequirement, command: Rescreen) -> bool:
    """Whether the question behind a hold was among those asked again."""
    return not command.items or held.hold.rule.rpartition("-")[0] in command.items
