"""How each kind of trouble comes about at a clinic: by the plan's own rules, or by what a crash leaves behind."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from care.draft import Draft
from care.number_alerts import number_alerts
from care.taper_steps import take_verdict
from schemas.alerts import AlertReason
from schemas.commands import (
    AnswerCheckIn,
    CancelSession,
    Command,
    DecideApproval,
    Decision,
    PausePlan,
    RecordAssessment,
    RecordOutcome,
    ReportAdverseEvent,
    RulesChanged,
)
from schemas.messages import TextOrder
from schemas.plan import PlanState, Session, SessionStatus
from schemas.prompts import PromptKind
from schemas.protocol import ApprovalKind
from schemas.screening import Disposition
from schemas.taper import TaperDecision, TaperVerdict
from schemas.treating import AssessmentOutcome
from tests.care.simulated_clinic import Temper
from tests.console.staged_clinic import CALM, StagedPlan
from tests.database.plan_building import a_text

NOBODY_ACTS: Final = Temper(
    answers=0, odd=0, red_flag=0, opts_out=0, staff_acts=0, steers=0, outage=0, slot_taken=0, text_fails=0
)
"""A client who answers nothing, at a clinic where nobody looks."""

_DAY: Final = timedelta(days=1)


@dataclass(frozen=True)
class Trouble:
    """What happens to a plan that has run for seven weeks, after `later` days under `temper`."""

    happens: Callable[[StagedPlan], None] = lambda plan: None
    later: timedelta = timedelta()
    temper: Temper = CALM


def texted(words: str) -> Trouble:
    """The client texts."""
    return Trouble(lambda plan: plan.text(words))


def asked(command: Command) -> Trouble:
    """Staff record something."""

    def happens(plan: StagedPlan) -> None:
        assert plan.ask(command) is None, plan.ask(command)

    return Trouble(happens)


def a_reminder(state: PlanState, name: str) -> TextOrder:
    """A reminder to the plan's client that nobody has sent yet, of use for a day."""
    opened = state.opened_at
    return a_text(state, name, ordered_at=opened, expires_at=opened + timedelta(weeks=7, days=1))


def _next(plan: StagedPlan) -> Session:
    booked = (s for s in plan.state.sessions if s.status is SessionStatus.booked)
    return min((s for s in booked if s.starts_at > plan.now), key=lambda s: s.starts_at)


def _at_the_next_visit(plan: StagedPlan, command: Callable[[int], Command]) -> None:
    session = _next(plan)
    plan.until(session.starts_at + timedelta(minutes=session.minutes))
    refusal = plan.ask(command(session.no))
    assert refusal is None, refusal


def _wants_another_time(plan: StagedPlan) -> None:
    plan.until(_next(plan).starts_at - timedelta(hours=12))
    if any(one.kind is PromptKind.score for one in plan.state.prompts):
        plan.text("0")  # else nobody could tell which of the two the 2 answers
    plan.text("2")
    if any(prompt.kind is PromptKind.which for prompt in plan.state.prompts):
        plan.text("A")  # a check-in was open too: it is the visit that is meant


def _finds_no_slot(plan: StagedPlan) -> None:
    plan.busy = lambda _wanted: True
    assert plan.ask(CancelSession(session_no=_next(plan).no, by_clinic=True)) is None


def _needs_the_therapist(plan: StagedPlan) -> None:
    draft = Draft(plan.state, plan.now, "test:verdict")
    take_verdict(draft, TaperDecision(verdict=TaperVerdict.ESCALATE, reasons=("TAP-ESC-1",)))
    plan.commit(draft)


def _is_a_short_course(plan: StagedPlan) -> None:
    protocol = plan.state.protocol.but(short_course_sessions=plan.state.progress.sessions_completed + 1)
    plan.state = plan.state.but(protocol=protocol)
    _at_the_next_visit(plan, _attended)


def _attended(number: int) -> Command:
    return RecordOutcome(session_no=number, outcome=SessionStatus.attended, pain=3, primary=6)


def _with_a_change(number: int) -> Command:
    return RecordOutcome(
        session_no=number,
        outcome=SessionStatus.attended,
        pain=3,
        primary=6,
        day_check=("DAY-02",),
        repeat_items=("SCR-02",),
    )


def _not_all_asked(number: int) -> Command:
    return RecordOutcome(
        session_no=number, outcome=SessionStatus.attended, pain=3, not_asked=("DAY-01", "DAY-05")
    )


def _stays_paused(plan: StagedPlan) -> None:
    assert plan.ask(PausePlan()) is None
    (waits,) = (one for one in plan.state.approvals if one.kind is ApprovalKind.resume)
    no = DecideApproval(approval_id=waits.id, decision=Decision.reject, reason_id="why")
    assert plan.ask(no) is None


def _was_never_examined(plan: StagedPlan) -> None:
    plan.state = plan.state.but(assessment=None)
    plan.until(_next(plan).starts_at)


def _says_pain_is_nine(plan: StagedPlan) -> None:
    alerts = number_alerts(plan.pack, "CHK-PAIN", 9)
    assert plan.ask(AnswerCheckIn(question="CHK-PAIN", value=9, alerts=alerts)) is None


def _screening_runs_out(plan: StagedPlan) -> None:
    assert plan.ask(PausePlan()) is None
    plan.until(plan.now + 180 * _DAY)


def _calls_are_due(plan: StagedPlan) -> None:
    assert plan.ask(ReportAdverseEvent(grade=1)) is None
    plan.until(plan.now + 3 * _DAY)


BY_REASON: Final[Mapping[AlertReason, Trouble]] = {
    AlertReason.safety_words: texted("my bum has gone numb and I cant feel when I wipe"),
    AlertReason.number_alert: Trouble(_says_pain_is_nine),
    AlertReason.unread_reply: texted("who is this"),
    AlertReason.health_change: Trouble(lambda plan: _at_the_next_visit(plan, _with_a_change)),
    AlertReason.change_requested: Trouble(_wants_another_time),
    AlertReason.silent_client: Trouble(later=28 * _DAY, temper=NOBODY_ACTS),
    AlertReason.outcome_missing: Trouble(later=21 * _DAY, temper=NOBODY_ACTS),
    AlertReason.slot_needed: Trouble(_finds_no_slot),
    AlertReason.text_undelivered: Trouble(lambda plan: plan.text_fails(a_reminder(plan.state, "refused"))),
    AlertReason.text_unknown: Trouble(
        lambda plan: plan.text_fails(a_reminder(plan.state, "lost"), unknown=True)
    ),
    AlertReason.opted_out: texted("STOP"),
    AlertReason.review_due: Trouble(later=50 * _DAY, temper=NOBODY_ACTS),
    AlertReason.taper_escalation: Trouble(_needs_the_therapist),
    AlertReason.screening_expires: Trouble(_screening_runs_out),
    AlertReason.short_course: Trouble(_is_a_short_course),
    AlertReason.paused_plan: Trouble(_stays_paused),
    AlertReason.assessment_missing: Trouble(_was_never_examined),
    AlertReason.not_suitable: asked(
        RecordAssessment(outcome=AssessmentOutcome.not_suitable_now, items=("PA-01",))
    ),
    AlertReason.adverse_event: asked(ReportAdverseEvent(grade=1)),
    AlertReason.adverse_follow_up: Trouble(_calls_are_due),
    AlertReason.duty_of_candour: asked(ReportAdverseEvent(grade=2)),
    AlertReason.software_contributed: asked(ReportAdverseEvent(grade=0, software_contributed=True)),
    AlertReason.day_not_asked: Trouble(lambda plan: _at_the_next_visit(plan, _not_all_asked)),
    AlertReason.rules_changed: asked(
        RulesChanged(
            pack_version="2.0.0",
            pack_hash="another",
            overall=Disposition.needs_clearance,
            rules=("SCR-01",),
            items=("SCR-01",),
        )
    ),
}
"""How each alert comes about in a running plan. An urgent finding of the form comes before there is one."""
