"""Standing still and ending: safety suspension, holiday pause, resume, withdraw, discharge."""

from __future__ import annotations

from care.booking import ahead, respace, top_up
from care.draft import Draft
from schemas.commands import PausePlan, ResumePlan, Withdraw
from schemas.events import EventKind
from schemas.messages import TextPurpose
from schemas.plan import AHEAD, AlertReason, Pause, Proposal, SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency

CLOSING_TEXT = {
    Stage.discharged: "discharged",
    Stage.declined: "plan_declined",
    Stage.withdrawn: "withdrawn",
}


def suspend(draft: Draft, rule: str, items: tuple[str, ...]) -> None:
    """A safety suspension, at once (MID-1): sessions held, routine texts stopped, the taper silent (SCH-9)."""
    screening = draft.state.screening
    repeat = tuple(sorted({*screening.repeat_items, *items}))
    draft.set(screening=screening.but(repeat_items=repeat))
    if draft.state.stage is Stage.suspended:
        pause = draft.state.pause
        draft.set(pause=pause.but(safety=True, until=None) if pause else None)
        return
    if draft.state.stage is not Stage.active:
        return
    draft.stage(Stage.suspended, rule)
    draft.set(pause=Pause(reason=rule, safety=True, since=draft.now))
    draft.event(EventKind.paused, rule, safety=True)
    _hold_sessions(draft)
    draft.lapse_approvals(ApprovalKind.taper, ApprovalKind.discharge)


def _hold_sessions(draft: Draft) -> None:
    """Sessions keep their slots but may not go ahead; nothing routine is texted about them."""
    until = draft.state.pause.until if draft.state.pause else None
    for session in ahead(draft.state, draft.now):
        if session.status is SessionStatus.booked and (until is None or session.starts_at < until):
            draft.put_session(session.but(status=SessionStatus.held, confirmed=False))
            draft.event(EventKind.session_held, None, session=session.no)
    draft.set(prompts=())
    draft.withdraw_texts()


def pause_plan(draft: Draft, command: PausePlan) -> None:
    """A pause for a holiday or an illness: the plan keeps its step and interval."""
    draft.stage(Stage.suspended, "PAUSE")
    draft.set(pause=Pause(reason="PAUSE", safety=False, since=draft.now, until=command.until))
    draft.event(EventKind.paused, "PAUSE", safety=False, reason_id=command.reason_id)
    _hold_sessions(draft)
    draft.text(
        "pause:" + str(draft.state.seq), template="plan_paused", purpose=TextPurpose.notice, rule="PAUSE"
    )
    if command.until is None:
        ask_to_resume(draft, "PAUSE")


def ask_to_resume(draft: Draft, rule: str, alert_id: str | None = None) -> None:
    """Put the resume before a therapist, once."""
    if draft.state.stage is Stage.suspended and not any(
        a.kind is ApprovalKind.resume for a in draft.state.approvals
    ):
        draft.open_approval(ApprovalKind.resume, rule, Proposal(reasons=(rule,), alert_id=alert_id))


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
            draft.put_session(session.but(status=SessionStatus.booked))
            draft.event(EventKind.session_restored, rule, session=session.no)
    draft.progress(last_contact_at=draft.now)
    top_up(draft)
    tell_visits(draft, "plan_resumed", rule)


def tell_visits(draft: Draft, template: str, rule: str) -> None:
    """One text with the next visits, instead of one for each."""
    visits = tuple(s.starts_at for s in ahead(draft.state, draft.now) if s.status is SessionStatus.booked)
    if visits:
        draft.text(
            f"visits:{draft.state.seq}",
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


def close_plan(draft: Draft, stage: Stage, rule: str) -> None:
    """Care ends: nothing booked, nothing pending; only alerts that a person must still close stay open (F14)."""
    draft.withdraw_texts()
    for session in draft.state.sessions:
        if session.status in AHEAD:
            draft.put_session(session.but(status=SessionStatus.cancelled, closed_at=draft.now))
            draft.release_slot(session.no)
            draft.event(EventKind.session_cancelled, rule, session=session.no, by_clinic=True)
    draft.lapse_approvals()
    for alert in draft.state.alerts:
        if alert.urgency is Urgency.E3:
            draft.close_alert(alert, f"plan {stage}")
    draft.set(prompts=(), pause=None, closed_at=draft.now)
    draft.stage(stage, rule)
    draft.text("closing", template=CLOSING_TEXT[stage], purpose=TextPurpose.closing, rule=rule)
