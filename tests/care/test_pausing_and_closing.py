"""A plan that stands still, goes on, or ends."""

from __future__ import annotations

from datetime import timedelta

from care.agenda import agenda
from care.booking import ahead
from schemas.alerts import AlertReason
from schemas.commands import (
    CLIENT,
    AcknowledgeAlert,
    CloseAlert,
    DecideApproval,
    Decision,
    DischargePlan,
    PausePlan,
    RecordOutcome,
    Rescreen,
    ResumePlan,
    Withdraw,
)
from schemas.messages import TextPurpose
from schemas.plan import AgendaKind, SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency
from tests.care.going_well import with_proposal
from tests.care.played_plan import FRONT_DESK, PlayedPlan


def statuses(played: PlayedPlan) -> list[SessionStatus]:
    """What became of each visit."""
    return [s.status for s in played.state.sessions]


def red_flag(running: PlayedPlan) -> PlayedPlan:
    """Two days before visit 1 the client reports new numbness where it is an emergency."""
    running.until(running.session(1).starts_at - timedelta(days=2))
    running.text("numb around my bottom")
    return running


def safe_again(running: PlayedPlan) -> None:
    """The emergency is closed with its outcome and the mapped questions are asked again, all well."""
    alert = running.alert(AlertReason.safety_words)
    running.must(CloseAlert(alert_id=alert.id, outcome="seen at hospital, cleared", note_id="note"))
    result = running.state.screening.result
    running.must(Rescreen(result=result, items=running.state.screening.repeat_items), FRONT_DESK)


# -- a safety suspension ------------------------------------------------------------------------------------


def test_one_reply_freezes_visits_and_routine_texts_and_pages_the_therapist_mid_1(
    running: PlayedPlan,
) -> None:
    red_flag(running)
    assert running.stands(Stage.suspended)
    assert statuses(running) == [SessionStatus.held, SessionStatus.held]
    assert running.pages == ["staff-0"]
    assert not running.state.prompts
    kinds = {item.kind for item in agenda(running.state)}
    assert not kinds & {AgendaKind.session_reminder, AgendaKind.day_before, AgendaKind.routine_question}


def test_a_suspension_ends_only_by_outcome_questions_and_therapist_mid_3(running: PlayedPlan) -> None:
    red_flag(running)
    codes = []
    for prepare in (None, "close", "ask"):
        if prepare == "close":
            alert = running.alert(AlertReason.safety_words)
            running.must(CloseAlert(alert_id=alert.id, outcome="cleared", note_id="note"))
        if prepare == "ask":
            result = running.state.screening.result
            running.must(Rescreen(result=result, items=running.state.screening.repeat_items), FRONT_DESK)
        refusal = running.ask(ResumePlan())
        codes.append(refusal.code if refusal else None)
    assert codes == ["alert_open", "rescreen_needed", None]
    assert running.stands(Stage.active)


def test_cleared_in_time_the_held_visits_go_ahead_and_the_client_is_told_once(running: PlayedPlan) -> None:
    red_flag(running)
    safe_again(running)
    running.approve(ApprovalKind.resume)
    assert statuses(running) == [SessionStatus.booked, SessionStatus.booked]
    (told,) = running.texts("plan_resumed")
    assert told.order.starts_at == tuple(s.starts_at for s in running.state.sessions)


def test_a_held_visit_whose_time_comes_does_not_go_ahead_and_is_not_restored(running: PlayedPlan) -> None:
    red_flag(running)
    running.until(running.session(1).starts_at + timedelta(hours=3))
    assert running.session(1).status is SessionStatus.lapsed
    safe_again(running)
    running.approve(ApprovalKind.resume)
    assert statuses(running)[0] is SessionStatus.lapsed
    assert [s.no for s in ahead(running.state, running.now)] == [2, 3]


def test_a_resume_at_the_very_start_of_a_held_visit_restores_nothing_in_the_past(running: PlayedPlan) -> None:
    red_flag(running)
    safe_again(running)
    running.now = running.session(1).starts_at + timedelta(minutes=1)
    running.must(ResumePlan())
    assert running.session(1).status is SessionStatus.lapsed


def test_a_resume_keeps_the_step(running: PlayedPlan) -> None:
    step = running.state.progress.step
    red_flag(running)
    safe_again(running)
    running.approve(ApprovalKind.resume)
    assert running.state.progress.step is step


def test_an_emergency_during_a_holiday_holds_the_visits_after_it_too(running: PlayedPlan) -> None:
    running.must(PausePlan(until=running.session(1).starts_at + timedelta(days=1)), FRONT_DESK)
    assert statuses(running) == [SessionStatus.held, SessionStatus.booked]
    running.text("chest pain now")
    assert statuses(running) == [SessionStatus.held, SessionStatus.held]
    assert running.state.pause is not None
    assert running.state.pause.safety


# -- a holiday ----------------------------------------------------------------------------------------------


def test_a_holiday_asks_the_therapist_on_its_last_day_and_keeps_the_series(running: PlayedPlan) -> None:
    until = running.session(1).starts_at + timedelta(days=3)
    running.must(PausePlan(until=until), FRONT_DESK)
    assert not running.state.approvals
    running.until(until)
    running.approve(ApprovalKind.resume)
    assert statuses(running) == [SessionStatus.lapsed, SessionStatus.booked, SessionStatus.booked]
    assert running.session(3).starts_at - running.session(2).starts_at == timedelta(days=7)


def test_a_pause_without_an_end_has_an_owner_from_the_first_minute(running: PlayedPlan) -> None:
    running.must(PausePlan(), FRONT_DESK)
    assert running.approval(ApprovalKind.resume)


def test_a_visit_after_a_holiday_that_nobody_ended_is_held_a_day_before_and_the_client_told(
    running: PlayedPlan,
) -> None:
    running.must(PausePlan(until=running.session(1).starts_at + timedelta(days=1)), FRONT_DESK)
    second = running.session(2)
    running.until(second.starts_at - timedelta(hours=24))
    assert running.session(2).status is SessionStatus.held
    (told,) = running.texts("session_held")
    assert told.order.starts_at == (second.starts_at,)


def test_a_holiday_that_was_over_and_not_ended_is_asked_about_again(running: PlayedPlan) -> None:
    """The therapist said "not yet": once that is closed, the plan would be nobody's."""
    running.must(PausePlan(until=running.now + timedelta(days=14)))
    running.until(running.now + timedelta(days=15))
    running.reject(ApprovalKind.resume)
    running.must(CloseAlert(alert_id=running.alert(AlertReason.paused_plan).id, outcome="not yet"))
    assert running.approval(ApprovalKind.resume).opened_at == running.now


def test_a_matter_of_routine_closed_in_a_holiday_does_not_ask_for_its_end(running: PlayedPlan) -> None:
    running.text("running late sorry")
    unread = running.alert(AlertReason.unread_reply)
    running.must(PausePlan(until=running.now + timedelta(days=20)), FRONT_DESK)
    running.must(CloseAlert(alert_id=unread.id, outcome="rung"), FRONT_DESK)
    assert not running.state.approvals


# -- the end ------------------------------------------------------------------------------------------------


def test_withdrawing_is_honoured_at_once_and_nothing_stays_booked_f14_f24(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at - timedelta(days=2))
    running.must(Withdraw(), CLIENT)
    assert running.stands(Stage.withdrawn)
    assert set(statuses(running)) == {SessionStatus.cancelled}
    transition = running.steps[-1].transition
    assert transition.release == (1, 2)
    assert transition.withdraw_texts == 0
    assert [s.order.purpose for s in running.texts()[-1:]] == [TextPurpose.closing]


def test_a_therapist_ends_a_plan_that_cannot_go_on_and_nobody_else_may(running: PlayedPlan) -> None:
    red_flag(running)
    refusal = running.ask(DischargePlan(reason_id="note-1"), FRONT_DESK)
    assert refusal is not None
    assert refusal.code == "not_a_clinician"
    running.must(DischargePlan(reason_id="note-1"))
    assert running.stands(Stage.discharged)
    assert set(statuses(running)) == {SessionStatus.cancelled}
    assert running.alert(AlertReason.safety_words).urgency is Urgency.E0


def test_a_closed_plan_sends_nothing_ever_again_f14_f35(running: PlayedPlan) -> None:
    running.must(Withdraw(), CLIENT)
    told = len(running.texts())
    running.until(running.now + timedelta(days=365))
    assert len(running.texts()) == told
    assert agenda(running.state) == ()
    refusal = running.ask(PausePlan(), FRONT_DESK)
    assert refusal is not None
    assert refusal.code == "plan_closed"


def test_withdrawing_in_an_emergency_closes_the_plan_and_keeps_the_emergency_open(
    running: PlayedPlan,
) -> None:
    red_flag(running)
    running.must(Withdraw(), CLIENT)
    assert running.alert(AlertReason.safety_words).urgency is Urgency.E0
    running.until(running.now + timedelta(days=3))
    assert "staff-3" in running.pages


def test_a_visit_that_took_place_just_before_the_end_still_gets_its_outcome(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at + timedelta(hours=2))
    running.must(Withdraw(), CLIENT)
    assert statuses(running) == [SessionStatus.booked, SessionStatus.cancelled]
    assert running.alert(AlertReason.outcome_missing).session_no == 1
    told = len(running.texts())
    running.must(RecordOutcome(session_no=1, outcome=SessionStatus.attended, pain=2, primary=6))
    assert not running.state.alerts
    assert len(running.texts()) == told
    assert len(running.state.sessions) == 2


def test_ending_one_plan_touches_no_other_f34(running: PlayedPlan) -> None:
    other = running.state.but(plan_id="plan-2", client_id="client-2")
    running.must(Withdraw(), CLIENT)
    transition = running.steps[-1].transition
    assert {order.plan_id for order in transition.texts} == {"plan-1"}
    assert not other.closed


def test_what_a_person_must_still_deal_with_survives_the_end_and_the_rest_does_not(
    running: PlayedPlan,
) -> None:
    running.text("2")
    running.text("running late sorry")
    running.text("some tingling in my fingers")
    running.must(Withdraw(), CLIENT)
    assert [a.reason for a in running.state.alerts] == [AlertReason.unread_reply, AlertReason.safety_words]
    running.must(CloseAlert(alert_id=running.alert(AlertReason.unread_reply).id, outcome="read"), FRONT_DESK)
    alert = running.alert(AlertReason.safety_words)
    running.must(AcknowledgeAlert(alert_id=alert.id), FRONT_DESK)
    running.must(CloseAlert(alert_id=alert.id, outcome="rung", note_id="note"))
    assert agenda(running.state) == ()


def test_discharge_is_a_therapist_s_decision_and_ends_with_one_text() -> None:
    played = with_proposal(ApprovalKind.discharge)
    proposal = played.approval(ApprovalKind.discharge)
    command = DecideApproval(approval_id=proposal.id, decision=Decision.approve)
    refusal = played.ask(command, FRONT_DESK)
    assert refusal is not None
    assert refusal.code == "not_a_clinician"
    told = len(played.texts())
    played.must(command)
    assert played.stands(Stage.discharged)
    assert len(played.texts()) == told + 1
