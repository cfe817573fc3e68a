"""The questions of the day: what nobody asked is never a no, and somebody asks it before the next session."""

from __future__ import annotations

from datetime import timedelta

from care.day_answers import read_day
from care.pack import builtin
from schemas.alerts import Alert, AlertReason
from schemas.commands import AnswerDayQuestions, CloseAlert, RecordOutcome, Withdraw
from schemas.events import EventKind
from schemas.plan import SessionStatus, Stage
from schemas.screening import Urgency
from tests.care.played_plan import FRONT_DESK, THERAPIST, PlayedPlan

ALL = tuple(one.id for one in builtin().screening.session_day_check)
WELL = {"DAY-01": False, "DAY-02": False, "DAY-03": False, "DAY-05": True}


def attend(running: PlayedPlan, number: int, *not_asked: str) -> None:
    """The visit takes place; these questions nobody asked."""
    session = running.session(number)
    running.until(session.starts_at + timedelta(minutes=session.minutes))
    outcome = RecordOutcome(
        session_no=number, outcome=SessionStatus.attended, pain=3, primary=5, not_asked=not_asked
    )
    running.must(outcome)


def waiting(running: PlayedPlan) -> Alert:
    """The one alert about questions that nobody asked."""
    return running.alert(AlertReason.day_not_asked)


def refusal_to_close(running: PlayedPlan) -> str:
    """What the plan says to a bare note."""
    refusal = running.ask(CloseAlert(alert_id=waiting(running).id, outcome="see_note", note_id="well"))
    assert refusal is not None and refusal.code == "day_not_asked"
    return refusal.sentence


# -- what was asked -------------------------------------------------------------------------------------


def test_an_answer_left_out_and_one_that_is_null_were_both_not_asked() -> None:
    told = read_day(builtin(), {"DAY-01": False, "DAY-02": None, "DAY-05": True}, pain=None)
    assert told.not_asked == ("DAY-02", "DAY-03", "DAY-04")
    assert told.asked == ("DAY-01", "DAY-05")
    assert not told.matters and not told.declined


def test_all_five_answers_leave_nothing_open_and_no_pain_is_an_answer() -> None:
    told = read_day(builtin(), WELL, pain=0)
    assert (told.asked, told.not_asked, told.matters) == (ALL, (), ())


def test_a_yes_names_what_to_repeat_and_a_pain_of_eight_is_severe() -> None:
    told = read_day(builtin(), WELL | {"DAY-02": True}, pain=8)
    assert told.matters == ("DAY-02", "DAY-04")
    assert told.repeat_items == ("SCR-02", "SCR-15")
    assert read_day(builtin(), WELL, pain=7.5).matters == ()


# -- a session at which something was not asked -----------------------------------------------------------


def test_a_session_without_its_questions_is_recorded_and_the_physiotherapist_is_asked_to_ask(
    running: PlayedPlan,
) -> None:
    attend(running, 1, "DAY-01", "DAY-03")
    assert running.session(1).status is SessionStatus.attended
    (told,) = running.events(EventKind.day_not_asked)
    assert (told.facts["session"], told.facts["rules"]) == (1, ("DAY-01", "DAY-03"))
    alert = waiting(running)
    assert (alert.urgency, alert.session_no, alert.not_asked) == (Urgency.E3, 1, ("DAY-01", "DAY-03"))
    assert running.state.protocol.chain[alert.chain_position].staff_id == THERAPIST.id
    assert not running.events(EventKind.day_checked)


def test_a_session_with_all_its_questions_raises_nothing(running: PlayedPlan) -> None:
    attend(running, 1)
    assert not running.has_alert(AlertReason.day_not_asked)
    assert not running.events(EventKind.day_not_asked)


def test_a_routine_alert_about_questions_holds_no_session_and_freezes_no_taper(running: PlayedPlan) -> None:
    attend(running, 1, *ALL)
    attend(running, 2, *ALL)
    assert running.stands(Stage.active)
    assert running.session(2).status is SessionStatus.attended


def test_a_clinic_that_never_asks_has_one_alert_that_tells_of_the_latest_session(running: PlayedPlan) -> None:
    attend(running, 1, *ALL)
    first = waiting(running)
    for number in (2, 3):
        attend(running, number, "DAY-02")
    assert len(running.events(EventKind.day_not_asked)) == 3
    assert (waiting(running).id, waiting(running).session_no) == (first.id, 3)
    assert waiting(running).not_asked == ("DAY-02",), "the others were asked at session 3"
    raised = [e for e in running.events(EventKind.alert_raised) if e.facts["reason"] == "day_not_asked"]
    assert len(raised) == 1


def test_an_earlier_session_recorded_late_answers_nothing_that_a_later_one_left_open(
    running: PlayedPlan,
) -> None:
    running.until(running.session(2).starts_at + timedelta(hours=1))
    attend(running, 2, "DAY-02")
    running.must(RecordOutcome(session_no=1, outcome=SessionStatus.attended, pain=3))
    assert (waiting(running).session_no, waiting(running).not_asked) == (2, ("DAY-02",))


def test_nobody_asks_a_client_who_did_not_come(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at + timedelta(hours=1))
    running.must(RecordOutcome(session_no=1, outcome=SessionStatus.no_show))
    assert not running.has_alert(AlertReason.day_not_asked)


# -- how it ends ------------------------------------------------------------------------------------------


def test_a_note_answers_no_question(running: PlayedPlan) -> None:
    attend(running, 1, "DAY-01")
    assert "nobody asked DAY-01" in refusal_to_close(running)


def test_asked_at_the_next_session_the_alert_is_dealt_with(running: PlayedPlan) -> None:
    attend(running, 1, "DAY-01", "DAY-04")
    attend(running, 2)
    assert not running.has_alert(AlertReason.day_not_asked)


def test_a_missed_session_answers_nothing(running: PlayedPlan) -> None:
    attend(running, 1, "DAY-01")
    running.until(running.session(2).starts_at + timedelta(hours=1))
    running.must(RecordOutcome(session_no=2, outcome=SessionStatus.no_show))
    assert waiting(running).session_no == 1


def test_the_front_desk_asks_by_telephone_and_what_is_still_open_stays_open(running: PlayedPlan) -> None:
    attend(running, 1, "DAY-01", "DAY-03", "DAY-05")
    running.must(AnswerDayQuestions(session_no=1, asked=("DAY-01", "DAY-05")), FRONT_DESK)
    assert waiting(running).not_asked == ("DAY-03",)
    assert "nobody asked DAY-03" in refusal_to_close(running)
    running.must(AnswerDayQuestions(session_no=1, asked=("DAY-03",)), FRONT_DESK)
    assert not running.has_alert(AlertReason.day_not_asked)
    assert [e.facts["items"] for e in running.events(EventKind.day_asked_later)] == [
        ("DAY-01", "DAY-05"),
        ("DAY-03",),
    ]
    assert running.stands(Stage.active)


def test_a_yes_told_later_leads_to_what_it_would_have_led_to_at_the_session_mid_1(
    running: PlayedPlan,
) -> None:
    attend(running, 1, "DAY-02")
    late = AnswerDayQuestions(
        session_no=1, asked=("DAY-02",), day_check=("DAY-02",), repeat_items=("SCR-02", "SCR-15")
    )
    running.must(late, FRONT_DESK)
    assert running.stands(Stage.suspended)
    assert running.alert(AlertReason.health_change).urgency is Urgency.E2
    assert running.state.screening.repeat_items == ("SCR-02", "SCR-15")
    assert not running.has_alert(AlertReason.day_not_asked)


def test_severe_pain_told_later_keeps_the_next_session_waiting_mid_2(running: PlayedPlan) -> None:
    attend(running, 1, "DAY-04")
    running.must(AnswerDayQuestions(session_no=1, asked=("DAY-04",), day_check=("DAY-04",)))
    assert running.alert(AlertReason.number_alert).rule == "DAY-04"
    running.until(running.session(2).starts_at + timedelta(hours=1))
    refusal = running.ask(RecordOutcome(session_no=2, outcome=SessionStatus.attended, pain=3))
    assert refusal is not None and refusal.code == "alert_open"


def test_a_client_who_would_not_go_on_is_offered_another_time_without_penalty(running: PlayedPlan) -> None:
    attend(running, 1, "DAY-05")
    running.must(AnswerDayQuestions(session_no=1, asked=("DAY-05",), declined=True))
    alert = running.alert(AlertReason.change_requested)
    assert (alert.rule, alert.session_no) == ("DAY-05", 2)
    assert running.state.progress.missed_run == 0


def test_who_came_and_would_not_go_ahead_had_no_session_and_no_penalty(running: PlayedPlan) -> None:
    coming = running.session(1)
    early = running.ask(RecordOutcome(session_no=1, outcome=SessionStatus.cancelled))
    assert early is not None and early.code == "session_not_happened"
    running.until(coming.starts_at + timedelta(minutes=5))
    running.must(RecordOutcome(session_no=1, outcome=SessionStatus.cancelled))
    progress = running.state.progress
    assert (progress.missed_run, progress.sessions_completed, progress.scores) == (0, 0, ())
    assert not running.texts("session_missed")
    assert running.session(2).status is SessionStatus.booked
    assert not running.has_alert(AlertReason.day_not_asked)


def test_where_nothing_was_left_open_there_is_nothing_to_answer(running: PlayedPlan) -> None:
    attend(running, 1)
    refusal = running.ask(AnswerDayQuestions(session_no=1, asked=("DAY-01",)))
    assert refusal is not None and refusal.code == "nothing_to_ask"


def test_the_end_of_care_asks_nothing_more(running: PlayedPlan) -> None:
    attend(running, 1, *ALL)
    running.must(Withdraw())
    assert not running.has_alert(AlertReason.day_not_asked)


def test_a_visit_recorded_after_the_end_is_put_before_a_person_who_may_close_it_with_a_note(
    running: PlayedPlan,
) -> None:
    running.until(running.session(1).starts_at + timedelta(minutes=10))
    running.must(Withdraw())
    attend(running, 1, "DAY-02")
    refusal = running.ask(AnswerDayQuestions(session_no=1, asked=("DAY-02",)))
    assert refusal is not None and refusal.code == "plan_closed"
    running.must(CloseAlert(alert_id=waiting(running).id, outcome="client_is_well", note_id="rang"))


def test_somebody_who_does_not_act_is_followed_by_the_next_of_the_chain(running: PlayedPlan) -> None:
    attend(running, 1, "DAY-01")
    running.until(waiting(running).acknowledge_by)
    assert waiting(running).escalations == 1
