"""Alerts and repeated screening: what people do about what came up."""

from __future__ import annotations

from datetime import timedelta

from care.approving import reviewed
from care.draft import Draft
from care.local_time import local_day
from care.opening import ask_for_clearances, await_next, blocking, screening_alert
from care.pausing import ask_to_resume, suspend
from schemas.commands import AcknowledgeAlert, CloseAlert, Rescreen
from schemas.events import EventKind
from schemas.plan import Alert, AlertReason, HeldRequirement, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import HoldKind, ScreeningResult, Urgency

REVIEWS = frozenset({AlertReason.review_due, AlertReason.taper_escalation, AlertReason.short_course})


def the_alert(draft: Draft, alert_id: str) -> Alert:
    """The open alert a guarded command speaks of."""
    alert = draft.state.alert(alert_id)
    if alert is None:
        raise KeyError(f"no open alert {alert_id}")
    return alert


def acknowledge(draft: Draft, command: AcknowledgeAlert) -> None:
    """A named person has taken the alert on; from now the contact deadline counts."""
    alert = the_alert(draft, command.alert_id)
    taken = alert.but(acknowledged_at=draft.now, acknowledged_by=draft.actor.id)
    draft.set(alerts=tuple(taken if a.id == alert.id else a for a in draft.state.alerts))
    draft.event(EventKind.alert_acknowledged, alert.rule, alert=alert.id)


def close_alert(draft: Draft, command: CloseAlert) -> None:
    """The alert is dealt with. After an urgent one the plan still waits for its therapist (MID-3)."""
    alert = the_alert(draft, command.alert_id)
    draft.close_alert(alert, command.outcome, command.note_id)
    if alert.reason in REVIEWS:
        reviewed(draft)
    if draft.state.stage is Stage.suspended and draft.state.safe_to_start:
        ask_to_resume(draft, "MID-3", alert.id)


def rescreen(draft: Draft, command: Rescreen) -> None:
    """The questions were asked again: new findings count at once, only dates may be lifted (ALG-7, P3)."""
    state, result = draft.state, command.result
    repeat = tuple(item for item in state.screening.repeat_items if item not in command.items)
    draft.set(
        screening=state.screening.but(
            result=result,
            overall=result.overall,
            holds=_merge(draft, result),
            repeat_items=repeat,
            valid_until=local_day(draft.protocol.hours, draft.now)
            + timedelta(days=draft.protocol.screening_valid_days),
        ),
        protocol=draft.protocol.but(
            restrictions=tuple(dict.fromkeys((*draft.protocol.restrictions, *result.restrictions)))
        ),
    )
    draft.event(
        EventKind.rescreened,
        "MID-3",
        overall=result.overall,
        items=command.items,
        rules=tuple(finding.rule for finding in result.findings),
    )
    draft.lapse_approvals(ApprovalKind.rescreen)
    draft.close_alerts(AlertReason.screening_expires, "screening repeated")
    if result.urgency in (Urgency.E0, Urgency.E1):
        screening_alert(draft, result)
    if draft.state.stage in (Stage.active, Stage.suspended):
        _keep_safe(draft)
    else:
        await_next(draft)


def _keep_safe(draft: Draft) -> None:
    """A running plan whose screening now blocks it stands still until the holds are discharged."""
    held = blocking(draft.state)
    if held:
        suspend(draft, held[0].hold.rule, ())
        ask_for_clearances(draft)
    if draft.state.stage is Stage.suspended:
        ask_to_resume(draft, "MID-3")


def _merge(draft: Draft, result: ScreeningResult) -> tuple[HeldRequirement, ...]:
    """Holds after a repeat: letters and referrals stay until discharged; a defer or a gap may go (ALG-4, ALG-7)."""
    today = local_day(draft.protocol.hours, draft.now)
    new = {held.key: held for held in (HeldRequirement(hold=hold) for hold in result.holds)}
    merged: dict[str, HeldRequirement] = {}
    for held in draft.state.screening.holds:
        expired = held.document_valid_until is not None and held.document_valid_until <= today
        if held.discharged_at is not None and held.key in new and expired:
            continue
        lifted = held.discharged_at is None and held.key not in new
        if lifted and held.hold.kind in (HoldKind.defer, HoldKind.incomplete):
            draft.event(EventKind.hold_discharged, held.hold.rule, hold=held.key, by="rescreen")
            continue
        merged[held.key] = held
    for key, held in new.items():
        merged.setdefault(key, held)
    return tuple(merged.values())
