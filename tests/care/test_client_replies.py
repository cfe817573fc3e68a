"""What a client's text does, read by the real parser."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from care.agenda import agenda
from schemas.alerts import AlertReason
from schemas.commands import CLIENT, CloseAlert, Withdraw
from schemas.messages import TextPurpose
from schemas.plan import AgendaKind, SessionStatus, Stage
from schemas.prompts import PromptKind
from schemas.screening import Urgency
from tests.care.played_plan import PlayedPlan

FIRST_PAIN = timedelta(days=7, hours=2)
"""After the start: the pain question of SCH-3 has just been asked; the reminder of visit 1 is open as well."""


def asked_to_confirm(running: PlayedPlan) -> PlayedPlan:
    """The 72 h reminder of visit 1 is the only thing open."""
    running.until(running.session(1).starts_at - timedelta(hours=70))
    assert [p.kind for p in running.state.prompts] == [PromptKind.confirm_session]
    return running


def asked_about_soreness(running: PlayedPlan) -> PlayedPlan:
    """The day after visit 1 the soreness question is the only thing open."""
    running.attend(1)
    running.until(running.session(1).starts_at + timedelta(hours=25))
    assert [p.question for p in running.state.prompts] == ["CHK-SORE"]
    return running


@dataclass(frozen=True)
class Effect:
    """What the table below looks at after a text."""

    status: SessionStatus = SessionStatus.booked
    confirmed: bool = False
    alert: AlertReason | None = None
    urgency: Urgency | None = None
    answers: int = 0
    """Texts that go back to the client, on a Saturday."""
    stage: Stage = Stage.active


ANSWERING_A_REMINDER = {
    "1": Effect(confirmed=True),
    "1.": Effect(confirmed=True),
    "2": Effect(alert=AlertReason.change_requested, urgency=Urgency.E3, answers=1),
    "3": Effect(status=SessionStatus.cancelled, answers=1),
    "7": Effect(alert=AlertReason.unread_reply, urgency=Urgency.E3, answers=1),
    "1 or 3?": Effect(alert=AlertReason.unread_reply, urgency=Urgency.E3, answers=1),
    "maybe": Effect(alert=AlertReason.unread_reply, urgency=Urgency.E3, answers=1),
    "👍": Effect(alert=AlertReason.unread_reply, urgency=Urgency.E3, answers=1),
    "": Effect(alert=AlertReason.unread_reply, urgency=Urgency.E3, answers=1),
    "INFO": Effect(alert=AlertReason.unread_reply, urgency=Urgency.E3),
    "HELP": Effect(
        status=SessionStatus.held,
        alert=AlertReason.safety_words,
        urgency=Urgency.E1,
        answers=1,
        stage=Stage.suspended,
    ),
    "STOP": Effect(alert=AlertReason.opted_out, urgency=Urgency.E3),
    "CANCEL": Effect(
        status=SessionStatus.cancelled, alert=AlertReason.opted_out, urgency=Urgency.E3, answers=1
    ),
    "some tingling in my fingers": Effect(alert=AlertReason.safety_words, urgency=Urgency.E2, answers=1),
    "chest pain now": Effect(
        status=SessionStatus.held,
        alert=AlertReason.safety_words,
        urgency=Urgency.E0,
        answers=1,
        stage=Stage.suspended,
    ),
    "STOP I want to die": Effect(
        status=SessionStatus.held,
        alert=AlertReason.safety_words,
        urgency=Urgency.E0,
        answers=1,
        stage=Stage.suspended,
    ),
}


@pytest.mark.parametrize("words", ANSWERING_A_REMINDER)
def test_a_text_while_a_reminder_is_open(running: PlayedPlan, words: str) -> None:
    asked_to_confirm(running)
    before = len(running.texts())
    running.text(words)
    expected = ANSWERING_A_REMINDER[words]
    session = running.session(1)
    assert (session.status, session.confirmed) == (expected.status, expected.confirmed)
    assert running.stands(expected.stage)
    assert len(running.texts()) - before == expected.answers
    if expected.alert is not None:
        assert running.alert(expected.alert).urgency is expected.urgency
    else:
        assert not running.state.alerts


@pytest.mark.parametrize(
    "words", ["cancel my netflix", "no", "not sure", "3 weeks", "can't", "33", "1 2 3", "??"]
)
def test_ambiguity_never_cancels_f33(running: PlayedPlan, words: str) -> None:
    asked_to_confirm(running)
    running.text(words)
    assert running.session(1).status is SessionStatus.booked
    assert running.state.alerts


def _asked_about_two_visits(running: PlayedPlan) -> None:
    asked_to_confirm(running)
    first = running.state.prompts[0]
    second = first.but(key="s2:confirm", session_no=2)
    running.state = running.state.but(prompts=(first, second))


def test_three_for_one_of_two_visits_cancels_neither_but_asks_which_f33(running: PlayedPlan) -> None:
    _asked_about_two_visits(running)
    before = len(running.texts())
    running.text("3")
    assert {s.status for s in running.state.sessions} == {SessionStatus.booked}
    (asked,) = running.texts()[before:]
    assert asked.order.template == "which_visit"
    assert asked.order.starts_at == (running.session(1).starts_at, running.session(2).starts_at)


def test_the_visit_that_was_meant_is_cancelled_and_no_other(running: PlayedPlan) -> None:
    _asked_about_two_visits(running)
    running.text("3")
    running.text("B please")
    assert running.session(1).status is SessionStatus.booked
    assert running.session(2).status is SessionStatus.cancelled
    assert not running.has_alert(AlertReason.unread_reply)


def _asked_for_a_score_and_a_visit(running: PlayedPlan) -> None:
    running.until(running.now + FIRST_PAIN)
    kinds = {p.kind for p in running.state.prompts}
    assert {PromptKind.confirm_session, PromptKind.score} <= kinds


@pytest.mark.parametrize(
    ("meant", "score", "change"), [("A", None, True), ("the visit", None, True), ("b", 2, False)]
)
def test_an_answer_to_one_of_two_questions_goes_where_the_client_says(
    running: PlayedPlan, meant: str, score: int | None, change: bool
) -> None:
    _asked_for_a_score_and_a_visit(running)
    running.text("2")
    assert running.texts()[-1].order.template == "which_visit_or_question"
    assert not running.state.progress.answers and not running.has_alert(AlertReason.change_requested)
    running.text(meant)
    assert [a.value for a in running.state.progress.answers] == ([] if score is None else [score])
    assert running.has_alert(AlertReason.change_requested) is change
    assert not running.has_alert(AlertReason.unread_reply)


def _asked_for_two_scores(running: PlayedPlan) -> None:
    running.until(running.now + FIRST_PAIN)
    [pain] = [p for p in running.state.prompts if p.kind is PromptKind.score]
    flare = pain.but(
        key="q:CHK-FLARE",
        question="CHK-FLARE",
        asked_at=running.now,
        expires_at=running.now + timedelta(days=2),
    )
    running.state = running.state.but(prompts=(pain, flare))


@pytest.mark.parametrize(("meant", "question"), [("A", "CHK-PAIN"), ("the second", "CHK-FLARE")])
def test_a_number_that_fits_two_questions_goes_where_the_client_says(
    running: PlayedPlan, meant: str, question: str
) -> None:
    _asked_for_two_scores(running)
    asked_at = tuple(p.asked_at for p in running.state.prompts)
    running.text("2")
    assert running.texts()[-1].order.template == "which_question"
    assert running.texts()[-1].order.starts_at == asked_at
    assert not running.state.progress.answers
    running.text(meant)
    assert [(a.question, a.value) for a in running.state.progress.answers] == [(question, 2)]
    assert not running.has_alert(AlertReason.unread_reply)


def test_a_number_that_only_one_of_two_questions_takes_needs_no_asking_f31(running: PlayedPlan) -> None:
    _asked_for_two_scores(running)
    before = len(running.texts())
    running.text("8")
    assert [(a.question, a.value) for a in running.state.progress.answers] == [("CHK-PAIN", 8)]
    assert all(text.order.template != "which_question" for text in running.texts()[before:])


def test_the_client_is_asked_which_only_once_then_a_person_asks(running: PlayedPlan) -> None:
    _asked_for_a_score_and_a_visit(running)
    running.text("2")
    before = len(running.texts())
    running.text("2")
    assert running.texts()[before:] == [] and running.has_alert(AlertReason.unread_reply)
    assert not running.state.progress.answers


def test_a_client_who_never_says_which_is_asked_by_a_person(running: PlayedPlan) -> None:
    _asked_for_a_score_and_a_visit(running)
    running.text("2")
    running.until(running.now + timedelta(hours=5))
    assert running.has_alert(AlertReason.unread_reply)
    assert all(p.kind is not PromptKind.which for p in running.state.prompts)


def _asked_for_pain_and_soreness(running: PlayedPlan) -> None:
    running.until(running.now + FIRST_PAIN)
    [pain] = [p for p in running.state.prompts if p.kind is PromptKind.score]
    sore = pain.but(key="q:CHK-SORE", question="CHK-SORE", asked_at=running.now)
    running.state = running.state.but(prompts=(pain, sore))


def test_a_number_that_is_grave_for_either_question_is_a_persons_at_once_and_asked_about_once_f30(
    running: PlayedPlan,
) -> None:
    _asked_for_pain_and_soreness(running)
    before = len(running.texts())
    running.text("9")
    assert running.alert(AlertReason.number_alert).urgency is Urgency.E2
    assert [text.order.template for text in running.texts()[before:]] == ["which_question"]
    running.text("B")
    assert [text.order.template for text in running.texts()[before + 1 :]] == ["MSG-CALLBACK"]
    assert "AL-05" in {a.rule for a in running.state.alerts if a.reason is AlertReason.number_alert}


def test_a_grave_number_that_nobody_could_place_counts_as_the_gravest_it_may_mean(
    running: PlayedPlan,
) -> None:
    _asked_for_pain_and_soreness(running)
    running.text("9")
    running.until(running.now + timedelta(hours=30))
    assert running.has_alert(AlertReason.unread_reply)
    assert running.has_alert(AlertReason.number_alert)
    assert len(running.texts("MSG-CALLBACK")) == 1


def test_a_later_text_does_not_swallow_the_answer_to_an_earlier_question_f31(running: PlayedPlan) -> None:
    running.until(running.now + FIRST_PAIN)
    running.text("6")
    assert [(a.question, a.value) for a in running.state.progress.answers] == [("CHK-PAIN", 6)]
    running.text("NO")
    assert {p.kind for p in running.state.prompts} == {PromptKind.confirm_session}
    assert not running.state.alerts


def test_a_score_is_stored_and_its_number_alert_raised_with_one_answer_f30(running: PlayedPlan) -> None:
    asked_about_soreness(running)
    before = len(running.texts())
    running.text("8")
    assert running.state.progress.answers[-1].value == 8
    assert running.alert(AlertReason.number_alert).rule == "AL-05"
    assert [s.order.template for s in running.texts()[before:]] == ["MSG-CALLBACK"]


def test_several_number_alerts_on_one_answer_send_one_text_f30(running: PlayedPlan) -> None:
    running.until(running.now + FIRST_PAIN)
    before = len(running.texts())
    running.text("10")
    assert {a.rule for a in running.state.alerts} == {"AL-01", "AL-02"}
    assert len(running.texts()) - before == 1


def test_ten_but_chest_pain_is_an_emergency_with_one_answer_f30(running: PlayedPlan) -> None:
    running.until(running.now + FIRST_PAIN)
    before = len(running.texts())
    running.text("10, but chest pain")
    assert running.stands(Stage.suspended)
    assert [s.order.template for s in running.texts()[before:]] == ["MSG-999"]


def test_a_high_score_each_week_is_answered_each_week(running: PlayedPlan) -> None:
    asked_about_soreness(running)
    running.text("8")
    worried = running.alert(AlertReason.number_alert)
    running.must(CloseAlert(alert_id=worried.id, outcome="rung", note_id="note"))
    running.attend(2)
    running.until(running.session(2).starts_at + timedelta(hours=25))
    running.text("9")
    assert len(running.texts("MSG-CALLBACK")) == 2
    assert running.alert(AlertReason.number_alert).rule == "AL-05"


def test_an_odd_answer_is_asked_again_once_then_a_person_looks_f30(running: PlayedPlan) -> None:
    asked_about_soreness(running)
    running.text("99")
    assert len(running.texts("MSG-REASK")) == 1
    running.text("99")
    assert len(running.texts("MSG-REASK")) == 1
    assert running.has_alert(AlertReason.unread_reply)


def test_the_worse_of_two_numbers_counts_and_a_person_looks(running: PlayedPlan) -> None:
    asked_about_soreness(running)
    running.text("2-3")
    assert running.state.progress.answers[-1].value == 3
    assert running.has_alert(AlertReason.unread_reply)


def test_news_about_health_before_a_visit_reaches_a_therapist_mid_4(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at - timedelta(hours=24, minutes=30))
    running.text("I started a new diet")
    assert running.alert(AlertReason.health_change).urgency is Urgency.E2


def test_a_safety_text_goes_at_night_and_routine_ones_stop_at_once_mid_1(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at.replace(day=7, hour=23))
    running.text("chest pain now")
    (answer,) = running.texts("MSG-999")
    assert answer.order.purpose is TextPurpose.safety
    running.until(running.now + timedelta(days=20))
    later = [s for s in running.texts() if s.at > answer.at]
    assert not [s for s in later if s.order.purpose in (TextPurpose.reminder, TextPurpose.question)]


def test_stop_ends_routine_texts_and_start_brings_them_back(running: PlayedPlan) -> None:
    running.text("STOP")
    assert running.steps[-1].transition.texts_allowed is False
    running.until(running.session(1).starts_at)
    assert not [s for s in running.texts() if s.order.purpose is not TextPurpose.notice]
    running.text("START")
    assert running.state.texts_on
    assert not running.has_alert(AlertReason.opted_out)
    assert AgendaKind.session_reminder in {item.kind for item in agenda(running.state)}


def test_every_text_counts_as_contact_and_ends_a_silence(running: PlayedPlan) -> None:
    running.until(running.now + timedelta(days=16))
    assert running.has_alert(AlertReason.silent_client)
    running.text("sorry, was away")
    assert running.state.progress.silent_run == 0
    assert not running.has_alert(AlertReason.silent_client)


def test_a_text_to_a_closed_plan_still_reaches_a_person(running: PlayedPlan) -> None:
    running.must(Withdraw(), CLIENT)
    before = len(running.texts())
    running.text("chest pain now")
    assert [s.order.template for s in running.texts()[before:]] == ["MSG-999"]
    assert running.alert(AlertReason.safety_words).urgency is Urgency.E0
    assert running.stands(Stage.withdrawn)


def test_who_writes_while_nobody_reads_is_told_so_once_until_the_site_opens_haz_03(
    running: PlayedPlan,
) -> None:
    running.until(datetime(2026, 3, 7, 22, 0, tzinfo=UTC))
    running.text("can someone ring me about next week please")
    running.text("it is about the parking")
    assert len(running.texts("MSG-OOH")) == 1
    assert running.has_alert(AlertReason.unread_reply)
    running.until(datetime(2026, 3, 9, 9, 0, tzinfo=UTC))
    running.text("are you there now")
    assert len(running.texts("MSG-OOH")) == 1, "somebody reads it"
    running.until(datetime(2026, 3, 9, 21, 0, tzinfo=UTC))
    running.text("still about the parking")
    assert len(running.texts("MSG-OOH")) == 2


def test_an_alarm_at_night_has_its_own_text_and_no_second_one(running: PlayedPlan) -> None:
    running.until(datetime(2026, 3, 7, 22, 0, tzinfo=UTC))
    running.text("my calf is swollen and hot")
    assert running.texts("MSG-DVT") and not running.texts("MSG-OOH")
