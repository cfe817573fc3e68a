"""Unwanted effects and the assessment before hands-on work: nothing is lost, nothing goes on by itself."""

from __future__ import annotations

from datetime import timedelta

import pytest

from care.taper_steps import taper_inputs
from schemas.alerts import AlertReason
from schemas.commands import (
    Actor,
    Amend,
    AnswerCheckIn,
    CloseAlert,
    DecideApproval,
    Decision,
    FollowUpAdverseEvent,
    ProtocolEdit,
    RecordAssessment,
    RecordOutcome,
    ReportAdverseEvent,
    ResumePlan,
    Role,
    Withdraw,
)
from schemas.events import EventKind
from schemas.plan import AgendaKind, SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.taper import Step
from schemas.treating import AssessmentOutcome
from tests.care.going_well import with_proposal
from tests.care.plans import NOW, plan_for
from tests.care.played_plan import FRONT_DESK, PlayedPlan

LEAD = Actor(id="staff-2", roles=(Role.lead_physiotherapist,))


@pytest.fixture
def assessed_first() -> PlayedPlan:
    """A running plan whose client is to be assessed before hands-on work."""
    plan = plan_for({})
    played = PlayedPlan(plan.but(protocol=plan.protocol.but(assessment_needed=True)), NOW)
    played.approve(ApprovalKind.start)
    return played


def event_of(played: PlayedPlan) -> str:
    (event,) = played.state.adverse
    return event.id


def stage_of(running: PlayedPlan) -> Stage:
    return running.state.stage


def test_a_mild_effect_freezes_the_taper_and_is_called_within_a_day_then_every_two_days(
    running: PlayedPlan,
) -> None:
    running.must(ReportAdverseEvent(grade=1, note_id="what"), FRONT_DESK)
    assert running.state.stage is Stage.active
    assert taper_inputs(running.state, running.now).open.ae == 1
    running.must(
        CloseAlert(alert_id=running.alert(AlertReason.adverse_event).id, outcome="seen", note_id="n")
    )
    running.until(running.now + timedelta(hours=25))
    assert running.has_alert(AlertReason.adverse_follow_up)
    running.must(FollowUpAdverseEvent(event_id=event_of(running), note_id="rang"))
    assert not running.has_alert(AlertReason.adverse_follow_up)
    running.until(running.now + timedelta(hours=49))
    assert running.has_alert(AlertReason.adverse_follow_up)
    running.must(FollowUpAdverseEvent(event_id=event_of(running), resolved=True, note_id="well"))
    assert running.state.adverse == ()
    assert taper_inputs(running.state, running.now).open.ae == 0


def test_after_a_moderate_effect_a_physiotherapist_examines_before_the_next_session(
    running: PlayedPlan,
) -> None:
    running.must(ReportAdverseEvent(grade=2, client_told=True, note_id="what"))
    running.must(
        CloseAlert(alert_id=running.alert(AlertReason.adverse_event).id, outcome="seen", note_id="n")
    )
    session = running.session(1)
    running.until(session.starts_at + timedelta(hours=1))
    for alert in running.state.alerts:
        running.must(CloseAlert(alert_id=alert.id, outcome="seen", note_id="n"))
    refusal = running.ask(RecordOutcome(session_no=1, outcome=SessionStatus.attended, pain=3))
    assert refusal is not None and refusal.code == "examination_needed"
    running.must(FollowUpAdverseEvent(event_id=event_of(running), examined=True, note_id="examined"))
    running.must(RecordOutcome(session_no=1, outcome=SessionStatus.attended, pain=3))
    wrong = running.ask(FollowUpAdverseEvent(event_id=event_of(running), resolved=True, note_id="n"))
    assert wrong is not None and wrong.code == "wrong_role"
    running.must(FollowUpAdverseEvent(event_id=event_of(running), resolved=True, note_id="n"), LEAD)


def test_a_major_effect_suspends_tells_the_client_and_never_resumes_by_itself(running: PlayedPlan) -> None:
    running.must(ReportAdverseEvent(grade=3, note_id="fracture"), FRONT_DESK)
    assert stage_of(running) is Stage.suspended
    assert running.has_alert(AlertReason.duty_of_candour)
    running.must(
        CloseAlert(alert_id=running.alert(AlertReason.adverse_event).id, outcome="seen", note_id="n")
    )
    refusal = running.ask(ResumePlan())
    assert refusal is not None and refusal.code == "adverse_event_open"
    untold = running.ask(
        FollowUpAdverseEvent(event_id=event_of(running), examined=True, resolved=True, note_id="n"), LEAD
    )
    assert untold is not None and untold.code == "client_not_told"
    running.must(
        FollowUpAdverseEvent(
            event_id=event_of(running), examined=True, client_told=True, resolved=True, note_id="n"
        ),
        LEAD,
    )
    assert not running.has_alert(AlertReason.duty_of_candour)
    running.must(ResumePlan())
    assert stage_of(running) is Stage.active


def test_a_follow_up_raises_a_grade_and_never_lowers_it(running: PlayedPlan) -> None:
    running.must(ReportAdverseEvent(grade=1, note_id="sore"))
    running.must(FollowUpAdverseEvent(event_id=event_of(running), grade=3, note_id="in hospital"))
    assert running.state.stage is Stage.suspended
    running.must(FollowUpAdverseEvent(event_id=event_of(running), grade=0, note_id="better"))
    assert running.state.adverse[0].grade == 3


def test_an_effect_that_got_worse_is_examined_and_told_anew(running: PlayedPlan) -> None:
    running.must(ReportAdverseEvent(grade=1, note_id="sore"))
    mild = FollowUpAdverseEvent(event_id=event_of(running), examined=True, client_told=True, note_id="mild")
    running.must(mild)
    running.must(FollowUpAdverseEvent(event_id=event_of(running), grade=2, note_id="numb foot"), FRONT_DESK)
    (event,) = running.state.adverse
    assert (event.examined, event.client_told) == (False, False)
    assert running.has_alert(AlertReason.duty_of_candour)
    over = FollowUpAdverseEvent(event_id=event.id, resolved=True, note_id="n")
    for said, code in (({}, "not_examined"), ({"examined": True}, "client_not_told")):
        refusal = running.ask(over.model_copy(update=said), LEAD)
        assert refusal is not None and refusal.code == code
    for alert in running.state.alerts:
        running.must(CloseAlert(alert_id=alert.id, outcome="seen", note_id="n"), LEAD)
    running.until(running.session(1).starts_at + timedelta(hours=1))
    refusal = running.ask(RecordOutcome(session_no=1, outcome=SessionStatus.attended, pain=3, primary=5))
    assert refusal is not None and refusal.code == "examination_needed"
    running.must(FollowUpAdverseEvent(event_id=event.id, examined=True, client_told=True, note_id="n"))
    running.must(FollowUpAdverseEvent(event_id=event.id, note_id="rang: no change"), FRONT_DESK)
    assert running.state.adverse[0].examined, "the same grade again takes nothing back"


def test_an_effect_that_turns_out_major_as_it_ends_stands_the_plan_still_all_the_same(
    running: PlayedPlan,
) -> None:
    running.must(ReportAdverseEvent(grade=1, note_id="sore"))
    running.must(
        FollowUpAdverseEvent(
            event_id=event_of(running), grade=3, examined=True, client_told=True, resolved=True, note_id="n"
        ),
        LEAD,
    )
    assert not running.state.adverse
    assert stage_of(running) is Stage.suspended
    assert running.approval(ApprovalKind.resume)


def test_the_assessment_is_on_the_agenda_before_the_first_session_and_its_lack_loses_no_record(
    assessed_first: PlayedPlan,
) -> None:
    from care.agenda import agenda

    due = next(item for item in agenda(assessed_first.state) if item.kind is AgendaKind.assessment_due)
    assert due.due == assessed_first.session(1).starts_at and due.rule == "ALG-9"
    assessed_first.attend(1)
    assert assessed_first.session(1).status is SessionStatus.attended
    assert assessed_first.has_alert(AlertReason.assessment_missing)
    assessed_first.must(RecordAssessment(outcome=AssessmentOutcome.suitable, items=("PA-01",), note_id="n"))
    assert not assessed_first.has_alert(AlertReason.assessment_missing)


def test_a_client_found_not_suitable_waits_until_assessed_again(assessed_first: PlayedPlan) -> None:
    lay = assessed_first.ask(RecordAssessment(outcome=AssessmentOutcome.suitable, items=()), FRONT_DESK)
    assert lay is not None and lay.code == "not_a_clinician"
    assessed_first.must(RecordAssessment(outcome=AssessmentOutcome.not_suitable_now, items=("PA-01",)))
    assert assessed_first.state.stage is Stage.suspended
    refusal = assessed_first.ask(ResumePlan())
    assert refusal is not None and refusal.code == "not_suitable"
    assessed_first.must(RecordAssessment(outcome=AssessmentOutcome.suitable_modified, items=("PA-01",)))
    assessed_first.must(ResumePlan())


def test_a_change_told_at_the_session_stands_the_plan_still_until_its_questions_are_repeated(
    running: PlayedPlan,
) -> None:
    running.until(running.session(1).starts_at + timedelta(hours=1))
    outcome = RecordOutcome(
        session_no=1,
        outcome=SessionStatus.attended,
        pain=3,
        day_check=("DAY-02",),
        repeat_items=("SCR-02", "SCR-15"),
    )
    running.must(outcome)
    assert running.state.stage is Stage.suspended
    assert running.state.screening.repeat_items == ("SCR-02", "SCR-15")
    (told,) = running.events(EventKind.day_checked)
    assert told.rule == "DAY-02"


def test_a_check_in_by_telephone_counts_as_an_answered_text(running: PlayedPlan) -> None:
    before = running.state.progress.checkins
    running.must(AnswerCheckIn(question="CHK-PAIN", value=2), FRONT_DESK)
    assert running.state.progress.checkins == (*before, True)
    assert running.state.progress.answers[-1].value == 2
    assert running.events(EventKind.taper_evaluated)


def test_a_client_with_lasting_pain_may_taper_up_to_thirty_per_cent_below_baseline(
    running: PlayedPlan,
) -> None:
    edit = ProtocolEdit(pain_ok_max=4.5)
    refusal = running.ask(Amend(edit=edit, reason_id="why"))
    assert refusal is not None and refusal.code == "pain_limit_too_high"
    running.must(Amend(edit=ProtocolEdit(pain_ok_max=3.5, review_days=28), reason_id="why"))
    assert running.state.protocol.taper.pain_ok_max == 3.5
    assert running.state.protocol.review_days == 28


def test_an_adverse_event_outlives_the_plan_until_somebody_closes_it(running: PlayedPlan) -> None:
    running.must(ReportAdverseEvent(grade=1, note_id="what"))
    running.must(
        CloseAlert(alert_id=running.alert(AlertReason.adverse_event).id, outcome="seen", note_id="n")
    )
    running.must(Withdraw())
    alert = running.alert(AlertReason.adverse_follow_up)
    refusal = running.ask(CloseAlert(alert_id=alert.id, outcome="seen", note_id="n"))
    assert refusal is not None and refusal.code == "adverse_event_open"
    running.must(FollowUpAdverseEvent(event_id=event_of(running), resolved=True, note_id="well"))
    assert not running.state.alerts


def test_severe_pain_told_on_the_day_keeps_the_next_session_waiting_for_a_physiotherapist(
    running: PlayedPlan,
) -> None:
    running.until(running.session(1).starts_at + timedelta(hours=1))
    running.must(RecordOutcome(session_no=1, outcome=SessionStatus.attended, pain=8, day_check=("DAY-04",)))
    assert running.alert(AlertReason.number_alert).rule == "DAY-04"
    running.until(running.session(2).starts_at + timedelta(hours=1))
    refusal = running.ask(RecordOutcome(session_no=2, outcome=SessionStatus.attended, pain=3))
    assert refusal is not None and refusal.code == "alert_open"


def test_while_an_effect_is_open_no_visits_thin_out_though_they_may_thicken_tap_frz_1() -> None:
    played = with_proposal(ApprovalKind.taper)
    approve = DecideApproval(approval_id=played.approval(ApprovalKind.taper).id, decision=Decision.approve)
    played.must(ReportAdverseEvent(grade=1, note_id="what"), FRONT_DESK)
    played.must(CloseAlert(alert_id=played.alert(AlertReason.adverse_event).id, outcome="seen", note_id="n"))
    refusal = played.ask(approve)
    assert refusal is not None and refusal.code == "adverse_event_open"
    assert played.ask(Amend(edit=ProtocolEdit(start_step=Step.S0), reason_id="why")) is None
    played.must(FollowUpAdverseEvent(event_id=event_of(played), resolved=True, note_id="n"))
    assert played.ask(Amend(edit=ProtocolEdit(start_step=Step.S1), reason_id="why")) is None


@pytest.mark.parametrize("grade", [0, 2])
def test_an_effect_that_is_not_over_keeps_an_ended_plan_in_somebodys_hands(
    running: PlayedPlan, grade: int
) -> None:
    """A plan that has ended lives on while an alert is open: without one, nobody would call the client again."""
    running.must(ReportAdverseEvent(grade=grade, client_told=True, note_id="what"))
    for alert in running.state.alerts:
        running.must(CloseAlert(alert_id=alert.id, outcome="seen", note_id="n"))
    running.must(Withdraw())
    for _ in range(3):
        assert running.has_alert(AlertReason.adverse_follow_up)
        running.must(FollowUpAdverseEvent(event_id=event_of(running), examined=True, note_id="still sore"))
    running.must(FollowUpAdverseEvent(event_id=event_of(running), resolved=True, note_id="well"), LEAD)
    assert not running.state.alerts


def test_an_effect_reported_of_an_ended_plan_is_followed_up_whatever_its_grade(running: PlayedPlan) -> None:
    running.must(Withdraw())
    running.must(ReportAdverseEvent(grade=0, note_id="sore for a day"), FRONT_DESK)
    assert running.has_alert(AlertReason.adverse_follow_up)
