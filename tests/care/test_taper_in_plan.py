"""The taper inside a plan: what is proposed, what each decision does, what counts and what does not."""

from __future__ import annotations

from datetime import timedelta

import pytest

from care.answers import reply_question
from care.booking import ahead
from care.draft import Draft
from care.taper_steps import adherence, flares, take_verdict, taper_inputs
from schemas.alerts import AlertReason
from schemas.commands import (
    Amend,
    CancelSession,
    CloseAlert,
    DecideApproval,
    Decision,
    ProtocolEdit,
    RecordOutcome,
    Reschedule,
)
from schemas.events import EventKind
from schemas.plan import PlanState, SessionStatus
from schemas.prompts import Answer
from schemas.protocol import ApprovalKind
from schemas.taper import Step, TaperDecision, TaperVerdict
from tests.care.going_well import answer_everything, with_proposal
from tests.care.played_plan import PlayedPlan

DOWN = TaperDecision(verdict=TaperVerdict.PROPOSE_STEP_DOWN, to=Step.S2, reasons=("D1",))
UP = TaperDecision(verdict=TaperVerdict.PROPOSE_STEP_UP, to=Step.S0, reasons=("TAP-UP-1",))
HOLD = TaperDecision(verdict=TaperVerdict.HOLD, reasons=("not_D2",))
ESCALATE = TaperDecision(verdict=TaperVerdict.ESCALATE, reasons=("TAP-ESC-1",))


def judged(running: PlayedPlan, decision: TaperDecision) -> PlayedPlan:
    """The policy has come to this verdict now."""
    draft = Draft(running.state, running.now, "test:verdict")
    take_verdict(draft, decision)
    running.commit(draft)
    return running


@pytest.mark.parametrize("decision", [DOWN, UP])
def test_a_proposal_changes_nothing_before_the_therapist_says_so(
    running: PlayedPlan, decision: TaperDecision
) -> None:
    judged(running, decision)
    assert running.state.progress.step is Step.S1
    proposal = running.approval(ApprovalKind.taper).proposal
    assert (proposal.verdict, proposal.step, proposal.reasons) == (
        decision.verdict,
        decision.to,
        decision.reasons,
    )


def test_approved_the_step_changes_and_the_visits_follow(running: PlayedPlan) -> None:
    running.attend(1)
    judged(running, DOWN)
    running.approve(ApprovalKind.taper)
    assert running.state.progress.step is Step.S2
    first, second = ahead(running.state, running.now)
    assert first.starts_at - running.session(1).starts_at == timedelta(days=14)
    assert second.step is Step.S2
    assert len(running.texts("visits_changed")) == 1


def test_edited_the_plan_goes_to_the_step_the_therapist_names(running: PlayedPlan) -> None:
    judged(running, DOWN)
    approval = running.approval(ApprovalKind.taper)
    command = DecideApproval(approval_id=approval.id, decision=Decision.edit, step=Step.S0, reason_id="why")
    running.must(command)
    assert running.state.progress.step is Step.S0
    assert running.state.progress.last_step_up_at == running.now


def test_a_rejected_proposal_rests_for_two_weeks(running: PlayedPlan) -> None:
    judged(running, DOWN)
    running.reject(ApprovalKind.taper)
    judged(running, DOWN)
    assert not running.state.approvals
    running.until(running.now + timedelta(days=15))
    judged(running, DOWN)
    assert running.approval(ApprovalKind.taper)


def test_a_no_to_more_visits_because_of_a_flare_is_no_answer_to_the_pain_that_came_since(
    running: PlayedPlan,
) -> None:
    judged(running, UP)
    running.reject(ApprovalKind.taper)
    judged(running, UP)
    assert not running.state.approvals
    both = UP.but(reasons=("TAP-UP-1", "TAP-UP-2"))
    judged(running, both)
    running.reject(ApprovalKind.taper)
    judged(running, both)
    assert not running.state.approvals, "both have been looked at"


def test_an_escalation_that_was_looked_at_mutes_no_other_reason(running: PlayedPlan) -> None:
    judged(running, ESCALATE)
    alert = running.alert(AlertReason.taper_escalation)
    running.must(CloseAlert(alert_id=alert.id, outcome="seen", note_id="n"))
    judged(running, ESCALATE)
    assert not running.has_alert(AlertReason.taper_escalation)
    judged(running, ESCALATE.but(reasons=("TAP-ESC-1", "TAP-ESC-6")))
    assert running.alert(AlertReason.taper_escalation).rule == "TAP-ESC-6"


def test_a_proposal_nobody_decides_lapses_after_two_weeks(running: PlayedPlan) -> None:
    judged(running, DOWN)
    opened = running.approval(ApprovalKind.taper)
    running.until(opened.opened_at + timedelta(days=14))
    assert running.state.approval(opened.id) is None
    assert running.events(EventKind.approval_lapsed)


def test_a_proposal_lapses_when_the_trend_turns_and_is_made_once_while_it_stands(running: PlayedPlan) -> None:
    judged(judged(running, DOWN), DOWN)
    assert len(running.state.approvals) == 1
    judged(running, HOLD)
    assert not running.state.approvals


def test_an_escalation_asks_the_therapist_to_look_and_proposes_nothing(running: PlayedPlan) -> None:
    judged(running, ESCALATE)
    assert running.alert(AlertReason.taper_escalation).rule == "TAP-ESC-1"
    assert not running.state.approvals


def test_while_health_is_in_question_visits_do_not_thin_but_may_thicken_mid_2(running: PlayedPlan) -> None:
    judged(running, DOWN)
    running.text("some tingling in my fingers")
    down = DecideApproval(approval_id=running.approval(ApprovalKind.taper).id, decision=Decision.approve)
    refusal = running.ask(down)
    assert refusal is not None
    assert refusal.code == "alert_open"
    judged(running, UP)
    running.approve(ApprovalKind.taper)
    assert running.state.progress.step is Step.S0


@pytest.mark.parametrize("kind", [ApprovalKind.taper, ApprovalKind.discharge])
def test_a_client_who_has_fallen_silent_is_not_seen_less_often_on_an_older_proposal_al_12(
    kind: ApprovalKind,
) -> None:
    played = with_proposal(kind)
    played.until(played.now + timedelta(days=13))
    assert played.state.progress.silent_run >= played.state.protocol.silent_hold_after
    assert not any(one.kind is kind for one in played.state.approvals)


def test_the_silent_client_may_still_be_seen_more_often_al_12(running: PlayedPlan) -> None:
    hold_after = running.state.protocol.silent_hold_after
    while running.state.progress.silent_run < hold_after:
        if running.state.progress.silent_run == hold_after - 1:
            judged(running, UP)
        running.until(running.now + timedelta(hours=6))
    fewer = Amend(edit=ProtocolEdit(start_step=Step.S2), reason_id="why")
    refusal = running.ask(fewer)
    assert refusal is not None and refusal.code == "alert_open"
    running.approve(ApprovalKind.taper)
    assert running.state.progress.step is Step.S0


def test_a_new_step_starts_its_counts_afresh_and_late_outcomes_do_not_count_towards_it(
    running: PlayedPlan,
) -> None:
    running.attend(1)
    answer_everything(running, running.session(2).starts_at + timedelta(hours=1))
    judged(running, DOWN)
    running.approve(ApprovalKind.taper)
    running.must(RecordOutcome(session_no=2, outcome=SessionStatus.attended, pain=2, primary=6))
    assert running.state.progress.sessions_at_step == 0
    assert running.state.progress.sessions_completed == 2


def test_outcomes_recorded_out_of_order_are_judged_in_the_order_of_the_visits(running: PlayedPlan) -> None:
    running.until(running.session(2).starts_at + timedelta(hours=1))
    for number, primary in ((2, 7.0), (1, 4.0)):
        running.must(RecordOutcome(session_no=number, outcome=SessionStatus.attended, primary=primary))
    assert taper_inputs(running.state, running.now).primary.values == (4.0, 7.0)


@pytest.mark.parametrize(("hours_later", "proposed"), [(47, False), (48, True)])
def test_two_visits_less_than_two_days_apart_do_not_make_visits_more_frequent_tap_up_2(
    running: PlayedPlan, hours_later: int, proposed: bool
) -> None:
    running.attend(1, pain=3)
    running.attend(2, pain=7)
    moved = running.session(2).starts_at + timedelta(hours=hours_later)
    running.must(Reschedule(session_no=3, starts_at=moved))
    running.attend(3, pain=7)
    facts = running.events(EventKind.taper_evaluated)[-1].facts
    assert ("TAP-UP-2" in f"{facts['reasons']} {facts['also']}") is proposed


def test_what_was_not_measured_stays_unknown(running: PlayedPlan) -> None:
    running.attend(1, pain=None, primary=None)
    inputs = taper_inputs(running.state, running.now)
    assert inputs.pain.recent == (None,)
    assert inputs.primary.values == (None,)
    assert inputs.adherence_28d is None


def test_a_no_show_breaks_adherence_and_a_clinic_s_cancellation_does_not(running: PlayedPlan) -> None:
    for number in (1, 2, 3):
        running.attend(number)
    told_of_home_days(running, 7)
    running.must(CancelSession(session_no=4, by_clinic=True))
    assert adherence(running.state, running.now) == 100
    running.until(running.session(5).starts_at + timedelta(hours=1))
    running.must(RecordOutcome(session_no=5, outcome=SessionStatus.no_show))
    known = adherence(running.state, running.now)
    assert known is not None
    assert known < 100
    assert running.state.progress.missed_run == 1


def test_visits_alone_are_not_good_adherence_of_a_client_who_never_said_what_was_done_at_home_d4(
    running: PlayedPlan,
) -> None:
    for number in (1, 2, 3, 4):
        running.attend(number)
    assert adherence(running.state, running.now) is None
    told_of_home_days(running, 7)
    assert adherence(running.state, running.now) == 100


def test_too_few_visits_are_too_few_whatever_was_done_at_home_tap_esc_5(running: PlayedPlan) -> None:
    running.attend(1)
    for number in (2, 3, 4):
        running.until(running.session(number).starts_at + timedelta(hours=1))
        running.must(RecordOutcome(session_no=number, outcome=SessionStatus.no_show))
    assert adherence(running.state, running.now) == 25


def told_of_home_days(played: PlayedPlan, *days: int) -> PlayedPlan:
    """The client has answered SCH-5, once for each week."""
    answers = tuple(Answer(question="CHK-HOME", at=played.now, value=one) for one in days)
    played.state = played.state.but(progress=played.state.progress.but(answers=answers))
    return played


def test_a_client_who_stretches_at_home_as_often_as_their_plan_asks_keeps_to_it_d4(
    running: PlayedPlan,
) -> None:
    told_of_home_days(running, 3, 3)
    daily = adherence(running.state, running.now)
    assert daily is not None and daily < running.state.protocol.taper.adherence_ok_min, (
        "every day, unless said"
    )
    running.must(Amend(edit=ProtocolEdit(home_days_per_week=3), reason_id="why"))
    assert adherence(running.state, running.now) == 100
    [told] = running.events(EventKind.amended)
    assert told.facts["fields"] == ("home_days_per_week",)


def test_more_home_days_than_planned_make_up_for_no_week_that_was_missed(running: PlayedPlan) -> None:
    running.must(Amend(edit=ProtocolEdit(home_days_per_week=3), reason_id="why"))
    told_of_home_days(running, 7, 0)
    assert adherence(running.state, running.now) == 50


def test_a_plan_from_before_home_days_were_asked_for_is_read_as_daily(running: PlayedPlan) -> None:
    stored = running.state.plain()
    del stored["protocol"]["home_days_per_week"]
    assert PlanState.read(stored).protocol.home_days_per_week == 7


def test_days_of_flare_are_read_as_one_flare_of_their_length(running: PlayedPlan) -> None:
    answer = Answer(question="CHK-FLARE", at=running.now, value=3)
    running.state = running.state.but(progress=running.state.progress.but(answers=(answer,)))
    seen = flares(running.state, running.now + timedelta(days=1))
    assert (seen.count_28d, seen.longest_h, seen.days_since) == (1, 72, 1)


def test_who_never_answers_about_flares_has_not_said_that_there_were_none(running: PlayedPlan) -> None:
    assert flares(running.state, running.now).count_28d is None
    answer = Answer(question="CHK-FLARE", at=running.now, value=0)
    running.state = running.state.but(progress=running.state.progress.but(answers=(answer,)))
    assert flares(running.state, running.now + timedelta(days=28)).count_28d == 0
    assert flares(running.state, running.now + timedelta(days=29)).count_28d is None


def test_who_is_not_asked_about_flares_owes_no_answer(running: PlayedPlan) -> None:
    running.state = running.state.but(progress=running.state.progress.but(step=Step.S0))
    assert flares(running.state, running.now).count_28d == 0


def test_a_review_that_waits_for_weeks_keeps_the_plan_from_stepping_down_d9(running: PlayedPlan) -> None:
    running.until(running.now + timedelta(days=43))
    assert running.has_alert(AlertReason.review_due)
    assert not taper_inputs(running.state, running.now).review_overdue
    running.until(running.now + timedelta(days=10))
    assert taper_inputs(running.state, running.now).review_overdue


def test_a_review_starts_its_clock_again(running: PlayedPlan) -> None:
    for number in range(1, 7):
        running.attend(number, primary=8)
    review = running.alert(AlertReason.review_due)
    running.must(CloseAlert(alert_id=review.id, outcome="on track"))
    assert running.state.progress.sessions_since_review == 0
    assert running.state.progress.reviewed_at == running.now


def test_the_pain_that_answers_are_compared_with_is_re_set_at_a_review_with_a_reason(
    running: PlayedPlan,
) -> None:
    running.until(running.session(1).starts_at + timedelta(hours=1))
    before = reply_question(running.state, "in")
    running.must(Amend(edit=ProtocolEdit(pain_baseline=2), reason_id="why"))
    after = reply_question(running.state, "in")
    assert (before.baseline, after.baseline) == (5, 2)
    assert running.state.protocol.revision == 2
