"""The agenda's deadlines: what people must decide, take on or look at, and when the next of them is asked."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

from care.agenda_sessions import session_key
from care.agenda_sources import looks_at, looks_at_each
from care.local_time import days_later, instant, local_day
from care.screening_age import ask_again_before, ask_again_due, next_booked
from schemas.alerts import Alert
from schemas.plan import (
    AgendaItem,
    AgendaKind,
    Approval,
    HeldRequirement,
    PlanState,
    Stage,
)
from schemas.screening import HoldKind
from schemas.treating import AdverseEvent

OFFICE_AT = time(9)
_ALERT_PASSES_ON = AgendaKind.alert_escalation
_CONTACT_OVERDUE = AgendaKind.contact_overdue
_REVIEW_DUE = AgendaKind.review_due
_ACTIVE = Stage.active
_TOO_OLD = AgendaKind.screening_too_old


def owner_of(state: PlanState, chain_position: int) -> str:
    """The person at this place of the escalation chain; its last person keeps what nobody took."""
    chain = state.protocol.chain
    return chain[min(chain_position, len(chain) - 1)].staff_id


@looks_at_each("approvals", "protocol")
def _approvals(state: PlanState, approval: Approval) -> Iterator[AgendaItem]:
    """A decision that waits: remind its owner, then pass it to the next of the chain (F26)."""
    owner = owner_of(state, approval.chain_position)
    if not approval.reminded:
        yield AgendaItem.of(
            key=f"ap:{approval.id}:remind",
            kind=AgendaKind.approval_reminder,
            due=approval.remind_at,
            rule="APPROVAL-REMIND",
            owner=owner,
            subject=approval.id,
        )
    yield AgendaItem.of(
        key=f"ap:{approval.id}:due:{approval.escalations}",
        kind=AgendaKind.approval_escalation,
        due=approval.due_at,
        rule="APPROVAL-DEADLINE",
        owner=owner,
        subject=approval.id,
    )
    if approval.proposal.verdict is not None:
        yield AgendaItem.of(
            key=f"ap:{approval.id}:expire",
            kind=AgendaKind.proposal_expiry,
            due=approval.opened_at + timedelta(days=state.protocol.proposal_expires_days),
            rule="taper_policy.proposal_expires_days",
            owner=owner,
            subject=approval.id,
        )


@looks_at_each("alerts", "protocol")
def _alerts(state: PlanState, alert: Alert) -> Iterator[AgendaItem]:
    """No alert dies silently (REQ-13): somebody takes it on in time, and speaks to the client in time (AL-13).

    An emergency does not wait for the doors to open: it passes to the next of the chain once a day at least.
    """
    owner = owner_of(state, alert.chain_position)
    due = alert.page_again_at or alert.acknowledge_by
    if alert.acknowledged_at is None and due <= alert.contact_by:
        yield _alert_item(alert, _ALERT_PASSES_ON, due, owner)
    else:
        yield _alert_item(alert, _CONTACT_OVERDUE, alert.contact_by, owner)


def _alert_item(alert: Alert, kind: AgendaKind, due: datetime, owner: str) -> AgendaItem:
    return AgendaItem.of(
        key=f"al:{alert.id}:{kind}:{alert.escalations}",
        kind=kind,
        due=due,
        rule=alert.rule,
        owner=owner,
        session_no=alert.session_no,
        subject=alert.id,
    )


@looks_at("stage", "protocol", "screening")
def _screening(state: PlanState) -> Iterator[AgendaItem]:
    """Re-screens, and screenings and letters that run out (`disposition_algebra.expiry`)."""
    if state.closed:
        return
    for held in state.screening.holds:
        if held.discharged_at is not None and held.document_valid_until is not None:
            yield from _letter(state, held, held.discharged_at, held.document_valid_until)
        elif (
            held.discharged_at is None
            and held.hold.kind is HoldKind.defer
            and held.hold.rescreen_on is not None
        ):
            day = held.hold.rescreen_on
            yield _hold_item(state, held, "rescreen", day, _office(state, day))
    if state.stage in (_ACTIVE, Stage.suspended):
        day = state.screening.valid_until
        warn = days_later(state.protocol.hours, _office(state, day), -state.protocol.screening_warning_days)
        yield _screening_item(state, AgendaKind.screening_warning, f"warn:{day.isoformat()}", warn)
        yield _screening_item(
            state, AgendaKind.screening_expiry, f"expire:{day.isoformat()}", _office(state, day)
        )


def _letter(
    state: PlanState, held: HeldRequirement, discharged_at: datetime, until: date
) -> Iterator[AgendaItem]:
    """A letter's last day, and a word before it: as long before as the pack says, but not in its first half."""
    expiry = _office(state, until)
    ahead = days_later(state.protocol.hours, expiry, -state.protocol.screening_warning_days)
    warn = max(ahead, discharged_at + (expiry - discharged_at) / 2)
    yield _hold_item(state, held, "warn", until, warn)
    yield _hold_item(state, held, "expires", until, expiry)


def _office(state: PlanState, day: date) -> datetime:
    return instant(state.protocol.hours.zone, day, OFFICE_AT)


_HOLD_KINDS = {
    "rescreen": AgendaKind.rescreen_due,
    "warn": AgendaKind.screening_warning,
    "expires": AgendaKind.clearance_expiry,
}


def _hold_item(state: PlanState, held: HeldRequirement, what: str, day: date, due: datetime) -> AgendaItem:
    return AgendaItem.of(
        key=f"hold:{held.key}:{what}:{day.isoformat()}",
        kind=_HOLD_KINDS[what],
        due=due,
        rule=held.hold.rule,
        owner=state.protocol.therapist_id,
        subject=held.key,
    )


def _screening_item(state: PlanState, kind: AgendaKind, what: str, due: datetime) -> AgendaItem:
    return AgendaItem.of(
        key=f"screening:{what}",
        kind=kind,
        due=due,
        rule="disposition_algebra.expiry",
        owner=state.protocol.therapist_id,
    )


@looks_at("stage", "protocol", "screening", "sessions", "progress.scores")
def _screening_too_old(state: PlanState) -> Iterator[AgendaItem]:
    """The next session will find a form too old, or a gap too long: the questions are asked again before it."""
    session = next_booked(state) if state.stage is _ACTIVE else None
    terms = ask_again_before(state, session) if session is not None else None
    if session is None or terms is None:
        return
    yield AgendaItem.of(
        key=f"{session_key(session)}:ask-again:{terms.after_days}",
        kind=_TOO_OLD,
        due=ask_again_due(state, session, terms),
        rule=terms.rule,
        owner=state.protocol.therapist_id,
        session_no=session.no,
    )


@looks_at(
    "stage",
    "protocol",
    "progress.reviewed_at",
    "progress.sessions_since_review",
    "progress.scores",
)
def _reviews(state: PlanState) -> Iterator[AgendaItem]:
    """The therapist's review falls due by days or by sessions, whichever is earlier."""
    if state.stage is not _ACTIVE:
        return
    protocol, progress = state.protocol, state.progress
    due = days_later(protocol.hours, progress.reviewed_at, protocol.review_days)
    if progress.sessions_since_review >= protocol.review_sessions and progress.scores:
        due = min(due, progress.scores[-1].at)
    day = local_day(protocol.hours, progress.reviewed_at)
    yield AgendaItem.of(
        key=f"review:{day.isoformat()}",
        kind=_REVIEW_DUE,
        due=due,
        rule="review_after",
        owner=protocol.therapist_id,
    )


@looks_at("stage", "protocol", "pause")
def _pause(state: PlanState) -> Iterator[AgendaItem]:
    """A holiday pause asks to be ended when its day comes; a safety pause never ends by itself."""
    pause = state.pause
    if state.stage is Stage.suspended and pause is not None and pause.until is not None:
        yield AgendaItem.of(
            key=f"pause:{pause.until.isoformat()}",
            kind=AgendaKind.pause_ends,
            due=pause.until,
            rule="PAUSE-ENDS",
            owner=state.protocol.therapist_id,
        )


@looks_at("stage", "protocol", "sessions", "assessment", "progress.scores")
def _assessment(state: PlanState) -> Iterator[AgendaItem]:
    """The physical assessment is due when the first hands-on session begins (ALG-9, PA-01 … PA-11).

    After a long gap it is due again: `gap_rules` takes the old one out of force.
    """
    if state.stage is not _ACTIVE or state.assessment is not None or not state.protocol.assessment_needed:
        return
    first = next_booked(state)
    if first is not None and (first.no == 1 or state.progress.scores):
        yield AgendaItem.of(
            key=f"{session_key(first)}:assessment",
            kind=AgendaKind.assessment_due,
            due=first.starts_at,
            rule="ALG-9",
            owner=state.protocol.therapist_id,
            session_no=first.no,
        )


@looks_at_each("adverse", "protocol")
def _adverse(state: PlanState, event: AdverseEvent) -> Iterator[AgendaItem]:
    """Calls after an unwanted effect: within its grade's hours, then every 48 hours until it is closed."""
    yield AgendaItem.of(
        key=f"ae:{event.id}:call:{event.follow_ups}",
        kind=AgendaKind.adverse_follow_up,
        due=event.follow_up_at,
        rule=f"adverse_events.grade_{event.grade}",
        owner=state.protocol.therapist_id,
        session_no=event.session_no,
        subject=event.id,
    )


DEADLINE_SOURCES = (
    _approvals,
    _alerts,
    _screening,
    _screening_too_old,
    _reviews,
    _pause,
    _assessment,
    _adverse,
)
