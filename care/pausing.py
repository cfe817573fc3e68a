"""Standing still and ending: safety suspension, holiday pause, resume, withdraw, discharge."""

from __future__ import annotations

from care.booking import ahead, respace, top_up
from care.draft import Draft
from care.screening_age import assessment_lapses
from schemas.alerts import AlertReason
from schemas.commands import DischargePlan, PausePlan, ResumePlan, Withdraw
from schemas.events import EventKind
from schemas.messages import TextPurpose
from schemas.plan import AHEAD, Pause, Proposal, Session, SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency

CLOSING_TEXT = {
    Stage.discharged: "discharged",
    Stage.declined: "plan_declined",
    Stage.withdrawn: "withdrawn",
}


_OUTLIVES_CARE = frozenset({AlertReason.outcome_missing, AlertReason.unread_reply, AlertReason.safety_words})
"""Routine work that the end of a plan does not settle: a visit that took place, and what a client wrote."""


def suspend(draft: Draft, rule: str, items: tuple[str, ...]) -> None:
    """A safety suspension, at once (MID-1): sessions held, routine texts stopped, the taper silent (SCH-9).

    `items` are screening questions to repeat before the plan may start or go on (MID-3). A pause for a holiday
    becomes a safety pause. A client whom nothing else tells is told not to come.
    """
    screening = draft.state.screening
    repeat = tuple(sorted({*screening.repeat_items, *items}))
    draft.set(screening=screening.but(repeat_items=repeat))
    if draft.state.stage is Stage.suspended and draft.state.pause is not None:
        draft.set(pause=draft.state.pause.but(reason=rule, safety=True, until=None))
    elif draft.state.stage is Stage.active:
        draft.stage(Stage.suspended, rule)
        draft.set(pause=Pause(reason=rule, safety=True, since=draft.now))
        draft.event(EventKind.paused, rule, safety=True, rules=("MID-1", "SCH-9"))
    else:
        return
    held = _hold_sessions(draft)
    if held and not draft.tells_client:
        _tell_held(draft, held[0], rule)


def hold_late(draft: Draft, session: Session, rule: str) -> None:
    """Nobody has ended the pause a day before a visit that comes after it: the visit is held too."""
    _hold(draft, session)
    _tell_held(draft, session, rule)


def _hold(draft: Draft, session: Session) -> None:
    draft.put_session(session.but(status=SessionStatus.held, confirmed=False))
    draft.event(EventKind.session_held, None, session=session.no)


def _tell_held(draft: Draft, session: Session, rule: str) -> None:
    draft.text(
        f"s{session.no}r{session.revision}:held:{draft.follows}",
        template="session_held",
        purpose=TextPurpose.notice,
        rule=rule,
        session=session,
    )


def _hold_sessions(draft: Draft) -> tuple[Session, ...]:
    """Sessions inside the pause keep their slots but may not go ahead; nothing routine is said about them.

    Returns those held now, the next one first.
    """
    until = draft.state.pause.until if draft.state.pause else None
    held = tuple(
        session
        for session in ahead(draft.state, draft.now)
        if session.status is SessionStatus.booked and (until is None or session.starts_at < until)
    )
    for session in held:
        _hold(draft, session)
    draft.set(prompts=())
    draft.withdraw_texts()
    draft.lapse_approvals(ApprovalKind.taper, ApprovalKind.discharge)
    return held


def pause_plan(draft: Draft, command: PausePlan) -> None:
    """A pause for a holiday or an illness: the plan keeps its step and interval."""
    draft.stage(Stage.suspended, "PAUSE")
    draft.set(pause=Pause(reason="PAUSE", safety=False, since=draft.now, until=command.until))
    draft.event(EventKind.paused, "PAUSE", safety=False, reason_id=command.reason_id)
    _hold_sessions(draft)
    draft.text(f"pause:{draft.follows}", template="plan_paused", purpose=TextPurpose.notice, rule="PAUSE")
    if command.until is None:
        ask_to_resume(draft, "PAUSE")


def ask_to_resume(draft: Draft, rule: str, alert_id: str | None = None) -> None:
    """Put the resume before a therapist, once."""
    if draft.state.stage is Stage.suspended and not any(
        a.kind is ApprovalKind.resume for a in draft.state.approvals
    ):
        draft.open_approval(ApprovalKind.resume, rule, Proposal.of(reasons=(rule,), alert_id=alert_id))


def resume_plan(draft: Draft, command: ResumePlan) -> None:
    """A therapist's resume takes effect; anybody else's asks a therapist."""
    if draft.actor.decides:
        resume(draft, "MID-3")
    else:
        ask_to_resume(draft, "MID-3")


def resume(draft: Draft, rule: str) -> None:
    """Go on at the same step (MID-3): held sessions still to come are restored, the series is filled up."""
    draft.lapse_approvals(ApprovalKind.resume)
    draft.stage(Stage.active, rule)
    draft.set(pause=None)
    draft.close_alerts(AlertReason.paused_plan, "resumed")
    draft.event(EventKind.resumed, rule)
    for session in draft.state.sessions:
        if session.status is SessionStatus.held:
            _restore(draft, session, rule)
    draft.progress(last_contact_at=draft.now)
    top_up(draft)
    if assessment_lapses(draft.state, draft.now):
        draft.set(assessment=None)
    tell_visits(draft, "plan_resumed", rule)


def _restore(draft: Draft, session: Session, rule: str) -> None:
    """A held session goes ahead again, unless its time has come and gone meanwhile."""
    if session.starts_at > draft.now:
        draft.put_session(session.but(status=SessionStatus.booked))
        draft.event(EventKind.session_restored, rule, session=session.no)
    else:
        lapse(draft, session, rule)


def lapse(draft: Draft, session: Session, rule: str) -> None:
    """A session that could not go ahead is over; it counts for nothing."""
    draft.put_session(session.but(status=SessionStatus.lapsed, closed_at=draft.now))
    draft.release_slot(session.no)
    draft.drop_session_prompts(session.no)
    draft.event(EventKind.session_lapsed, rule, session=session.no)


def tell_visits(draft: Draft, template: str, rule: str) -> None:
    """One text with the next visits, instead of one for each."""
    visits = tuple(s.starts_at for s in ahead(draft.state, draft.now) if s.status is SessionStatus.booked)
    if visits:
        draft.text(
            f"visits:{draft.follows}",
            template=template,
            purpose=TextPurpose.notice,
            rule=rule,
            starts_at=visits[:2],
        )


def respace_and_tell(draft: Draft, rule: str) -> None:
    """Move what is booked to the new interval, and tell the client once."""
    if respace(draft):
        tell_visits(draft, "visits_changed", rule)
    top_up(draft)


def withdraw(draft: Draft, command: Withdraw) -> None:
    """The client stops: honoured at once, with no approval (TAP-STOP, P5)."""
    close_plan(draft, Stage.withdrawn, "TAP-STOP")


def discharge(draft: Draft, command: DischargePlan) -> None:
    """A therapist ends the plan: a letter that says no, a client who no longer comes, care that goes on elsewhere."""
    close_plan(draft, Stage.discharged, "P1")


def close_plan(draft: Draft, stage: Stage, rule: str) -> None:
    """Care ends: nothing booked, nothing pending; only what a person must still deal with stays open (F14).

    A visit that has begun may have taken place: it keeps its booking until somebody records its outcome.
    """
    draft.withdraw_texts()
    begun = [s.no for s in draft.state.sessions if s.awaits_outcome(draft.now)]
    for session in draft.state.sessions:
        if session.status in AHEAD and session.no not in begun:
            draft.put_session(session.but(status=SessionStatus.cancelled, closed_at=draft.now))
            draft.release_slot(session.no)
            draft.event(EventKind.session_cancelled, rule, session=session.no, by_clinic=True)
    draft.lapse_approvals()
    for alert in draft.state.alerts:
        if alert.urgency is Urgency.E3 and alert.reason not in _OUTLIVES_CARE:
            draft.close_alert(alert, f"plan {stage}")
    for number in begun:
        draft.raise_alert(AlertReason.outcome_missing, Urgency.E3, "OUTCOME-DUE", session_no=number)
    for event in draft.state.adverse:
        draft.raise_alert(
            AlertReason.adverse_follow_up, Urgency.E2, f"adverse_events.grade_{event.grade}", subject=event.id
        )
    draft.set(prompts=(), pause=None, closed_at=draft.now)
    draft.stage(stage, rule)
    draft.text("closing", template=CLOSING_TEXT[stage], purpose=TextPurpose.closing, rule=rule)
