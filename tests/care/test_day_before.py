"""What the client texted the day before stands on the sheet of the session; no answer is not known, never a no."""

from __future__ import annotations

from datetime import timedelta

import pytest

from care.day_before import DayBefore, Told, day_before
from schemas.alerts import AlertReason
from schemas.commands import RecordOutcome, Reschedule
from schemas.events import EventKind
from schemas.plan import SessionStatus
from schemas.screening import Urgency
from tests.care.played_plan import PlayedPlan


@pytest.fixture
def asked(running: PlayedPlan) -> PlayedPlan:
    """On the eve of visit 1 the client has been asked whether anything has changed (SCH-8)."""
    running.until(running.session(1).starts_at - timedelta(hours=20))
    assert any(sent.order.template == "CHK-CHANGE" for sent in running.sent)
    return running


def known(played: PlayedPlan) -> DayBefore:
    """What the sheet of the next session says."""
    found = day_before(played.state, played.events(EventKind.answer_recorded))
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("NO", Told.no_change),
        ("yes", Told.change),
        ("My sister came to stay and I slept badly", Told.change),
        ("new tablets", Told.change),
        ("my bum has gone numb and I cant feel when I wipe", Told.change),
    ],
)
def test_what_was_texted_is_on_the_sheet_with_the_text_itself(
    asked: PlayedPlan, words: str, told: Told
) -> None:
    asked.text(words)
    assert (known(asked).session_no, known(asked).told) == (1, told)
    assert len(known(asked).texts) == 1


def test_an_answer_that_has_not_come_is_not_known(asked: PlayedPlan) -> None:
    assert known(asked).told is Told.not_known
    assert known(asked).asked_at is not None
    asked.until(asked.session(1).starts_at)
    assert known(asked).told is Told.not_known


@pytest.mark.parametrize("words", ["No, pregnant though", "No pain, had surgery Monday", "bit of a tumble"])
def test_a_change_told_in_mild_words_is_a_change_all_the_same_and_nobody_treats_before_it_is_closed_mid_4(
    asked: PlayedPlan, words: str
) -> None:
    asked.text(words)
    change = asked.alert(AlertReason.health_change)
    assert (change.urgency, change.rule) == (Urgency.E2, "MID-4")
    asked.until(asked.session(1).starts_at + timedelta(hours=1))
    attended = RecordOutcome(session_no=1, outcome=SessionStatus.attended, pain=3, primary=5)
    refusal = asked.ask(attended)
    assert refusal is not None and refusal.code == "alert_open"


def test_no_after_an_alarming_text_takes_nothing_back(asked: PlayedPlan) -> None:
    asked.text("Got chest pain")
    asked.text("NO")
    assert known(asked).told is Told.change


def test_before_the_question_nothing_is_known(running: PlayedPlan) -> None:
    assert known(running) == DayBefore(session_no=1, told=Told.not_known)


def test_an_answer_about_the_old_day_of_a_moved_session_says_nothing_of_the_new_one(
    asked: PlayedPlan,
) -> None:
    asked.text("NO")
    asked.must(Reschedule(session_no=1, starts_at=asked.session(1).starts_at + timedelta(days=3)))
    assert known(asked).told is Told.not_known


def test_the_answer_about_one_session_is_none_about_the_next(asked: PlayedPlan) -> None:
    asked.text("NO")
    asked.attend(1)
    assert (known(asked).session_no, known(asked).told) == (2, Told.not_known)
