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
from care.opening import ask_to_rescreen, screening_alert
from care.pausing import ask_to_resume
from care.screening_age import answers_alert, assessment_lapses, repeated, still_to_ask
from care.taper import NO_CHANGE_TWICE
from schemas.commands import AcknowledgeAlert, CloseAlert, Rescreen
from schemas.events import EventKind
from schemas.plan import HeldRequirement, Pause
from schemas.protocol import ApprovalKind
from schemas.screening import URGENT, Hold, HoldKind, Scope, ScreeningResult, Urgency

_TOLD_ANEW = frozenset({HoldKind.defer, HoldKind.refer_urgent, HoldKind.incomplete})
"""What holds again when its question is asked again and answered the same, whatever ended it before."""

_AS_IT_IS_NOW = frozenset({HoldKind.defer, HoldKind.incomplete})
"""What a repeat may end, or give another date."""


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
    before = draft.state.screening.result
    now = found_now(result, before, command.items)
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
    draft.set(screening=screening)
    _limit(draft, command)
    leave_out_held_regions(draft)
    if draft.state.assessment is not None and (
        assessment_lapses(draft.state, draft.now) or command.unexamined
    ):
        draft.set(assessment=None)
    draft.event(
        EventKind.rescreened,
        "MID-3",
        overall=result.overall,
        items=command.items,
        rules=tuple(finding.rule for finding in result.findings),
        laws=laws_at_work(result),
    )
    draft.lapse_approvals(ApprovalKind.rescreen)
    if now.urgency in URGENT or (now.urgency is Urgency.E2 and _news(now, before)):
        screening_alert(draft, now)
    follow_holds(draft, "MID-3", stop="MID-1" if now.urgency in URGENT else _nothing_left(draft))
    for held in draft.state.screening.holds:
        if _passed_for_a_layman(draft, held, command):
            ask_to_rescreen(draft, "ALG-7", held.key)


def _limit(draft: Draft, command: Rescreen) -> None:
    """What the findings restrict counts at once, and rules techniques out; nothing is lifted by it (P3)."""
    protocol = draft.protocol
    restrictions = tuple(dict.fromkeys((*protocol.restrictions, *command.result.restrictions)))
    techniques = protocol.techniques if command.techniques is None else command.techniques
    draft.set(protocol=protocol.but(restrictions=restrictions, techniques=techniques))


def _news(now: ScreeningResult, before: ScreeningResult) -> bool:
    """Whether what is soonest to be acted on was not found before: that has been acted on (ALG-3)."""
    known = {(one.rule, one.region) for one in before.findings}
    return any((one.rule, one.region) not in known for one in now.findings if one.urgency is now.urgency)


def _nothing_left(draft: Draft) -> str | None:
    """A plan without a technique stands still until a physiotherapist says what instead."""
    return None if draft.protocol.techniques else "plan_merge.empty_allowed"


def _merge(draft: Draft, command: Rescreen) -> tuple[HeldRequirement, ...]:
    """Holds after a repeat: letters and referrals stay until discharged; a defer or a gap is what it is now.

    A letter that has discharged a hold counts until its last day, also when the same answer is given again
    (ALG-4), but not for another condition, date or place that the same rule finds. A defer found again brings its new
    date (ALG-7), also one that was set aside (ALG-10). No letter from before answers an urgent finding that is told
    anew, or a question that is left open again.
    """
    today = local_day(draft.protocol.hours, draft.now)
    new = {held.key: held for held in (HeldRequirement(hold=hold) for hold in command.result.holds)}
    merged: dict[str, HeldRequirement] = {}
    for held in draft.state.screening.holds:
        if held.discharged_at is not None and held.hold.kind in _TOLD_ANEW and _asked(held, command):
            if held.hold.kind is HoldKind.refer_urgent and held.key not in new:
                merged[held.key] = held  # its outcome and document stay in the record
            continue
        if held.discharged_at is not None:
            expired = held.document_valid_until is not None and held.document_valid_until <= today
            merged[held.key] = (
                held.but(discharged_at=None, discharged_by=None, document_valid_until=None)
                if expired or (held.key in new and _of_something_else(held.hold, command))
                else held
            )
        elif held.key in new and held.hold.kind in _AS_IT_IS_NOW:
            continue
        elif _answered(draft, held, command):
            draft.event(EventKind.hold_discharged, held.hold.rule, hold=held.key, by="rescreen")
        else:
            merged[held.key] = held
    for key, held in new.items():
        merged.setdefault(key, held)
    return tuple(merged.values())


def _of_something_else(hold: Hold, command: Rescreen) -> bool:
    """Whether the answers name what no letter for this hold can have spoken of; a place of its own is in its key."""
    return _item(hold) in command.other or (hold.region is None and _item(hold) in command.elsewhere)


def _answered(draft: Draft, held: HeldRequirement, command: Rescreen) -> bool:
    """Whether the repeat itself ends a hold that it did not find: its own question was asked again and answered.

    A region's date is lifted by a physiotherapist alone (ALG-7): no approval comes after it, as it does for a plan.
    """
    hold = held.hold
    if hold.kind not in _AS_IT_IS_NOW or not _asked(held, command):
        return False
    return hold.kind is HoldKind.incomplete or (
        not _left_open(hold, command) and (hold.scope is Scope.plan or draft.actor.decides)
    )


def _passed_for_a_layman(draft: Draft, held: HeldRequirement, command: Rescreen) -> bool:
    """Whether a region still waits for its date only because no physiotherapist has asked."""
    hold = held.hold
    if draft.actor.decides or held.discharged_at is not None or hold.kind is not HoldKind.defer:
        return False
    found = {HeldRequirement(hold=one).key for one in command.result.holds}
    return held.key not in found and _asked(held, command) and not _left_open(hold, command)


def _left_open(hold: Hold, command: Rescreen) -> bool:
    return _item(hold) in {path.partition(".")[0] for path in command.result.incomplete}


def _item(hold: Hold) -> str:
    return hold.rule.rpartition("-")[0]


def _asked(held: HeldRequirement, command: Rescreen) -> bool:
    """Whether the question behind a hold was among those asked again."""
    return not command.items or _item(held.hold) in command.items
