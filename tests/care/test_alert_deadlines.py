"""Alerts: whom they ask, by when, who is next, and that none is swallowed or dies silently."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

import pytest

from care.alerts import deadlines
from care.draft import Draft
from schemas.alerts import Alert, AlertReason
from schemas.commands import (
    CLIENT,
    AcknowledgeAlert,
    CloseAlert,
    RecordOutcome,
    Rescreen,
    TextFailed,
    Withdraw,
)
from schemas.events import EventKind
from schemas.messages import TextPurpose
from schemas.plan import SessionStatus, Stage
from schemas.screening import Urgency
from tests.care.plans import HOURS, plan_for
from tests.care.played_plan import FRONT_DESK, PlayedPlan

MONDAY = datetime(2026, 3, 2, 10, 0, tzinfo=UTC)
SATURDAY_NIGHT = datetime(2026, 3, 7, 23, 0, tzinfo=UTC)
CHAIN = ["staff-0", "staff-1", "staff-2", "staff-3"]


def raised(running: PlayedPlan, urgency: Urgency, subject: str = "in1") -> Alert:
    """An alert of this urgency, raised now."""
    draft = Draft(running.state, running.now, f"test:{urgency}:{subject}")
    draft.raise_alert(AlertReason.safety_words, urgency, "KW-TEST", subject=subject)
    running.commit(draft)
    return running.alert(AlertReason.safety_words)


@pytest.mark.parametrize(
    ("urgency", "acknowledge", "contact"),
    [
        (Urgency.E0, datetime(2026, 3, 2, 10, 15, tzinfo=UTC), datetime(2026, 3, 2, 10, 15, tzinfo=UTC)),
        (Urgency.E1, datetime(2026, 3, 2, 11, 0, tzinfo=UTC), datetime(2026, 3, 2, 14, 0, tzinfo=UTC)),
        (Urgency.E2, datetime(2026, 3, 2, 14, 0, tzinfo=UTC), datetime(2026, 3, 2, 18, 0, tzinfo=UTC)),
        (Urgency.E3, datetime(2026, 3, 4, 14, 0, tzinfo=UTC), datetime(2026, 3, 4, 14, 0, tzinfo=UTC)),
    ],
)
def test_every_urgency_has_its_deadlines_in_staffed_minutes(
    running: PlayedPlan, urgency: Urgency, acknowledge: datetime, contact: datetime
) -> None:
    alert = raised(running, urgency)
    assert (alert.acknowledge_by, alert.contact_by) == (acknowledge, contact)


def test_what_is_urgent_and_told_while_the_site_is_closed_is_rung_about_in_the_first_two_hours() -> None:
    at_night = deadlines(plan_for({}).protocol, Urgency.E1, SATURDAY_NIGHT)
    assert at_night == (datetime(2026, 3, 9, 9, 0, tzinfo=UTC), datetime(2026, 3, 9, 10, 0, tzinfo=UTC))


@pytest.mark.parametrize(
    ("told", "rung_by"),
    [
        (datetime(2026, 3, 9, 12, 0, tzinfo=UTC), datetime(2026, 3, 10, 13, 0, tzinfo=UTC)),
        (datetime(2026, 3, 13, 12, 30, tzinfo=UTC), datetime(2026, 3, 16, 13, 0, tzinfo=UTC)),
        (datetime(2026, 3, 14, 12, 30, tzinfo=UTC), datetime(2026, 3, 16, 13, 0, tzinfo=UTC)),
    ],
)
def test_a_short_working_day_is_a_working_day_and_msg_callback_keeps_its_word(
    told: datetime, rung_by: datetime
) -> None:
    mornings = tuple(span.but(opens=time(9), closes=time(13)) for span in HOURS.spans)
    protocol = plan_for({}, hours=HOURS.but(spans=mornings)).protocol
    assert deadlines(protocol, Urgency.E2, told)[1] == rung_by


def test_only_emergencies_page(running: PlayedPlan) -> None:
    for urgency in (Urgency.E3, Urgency.E2):
        raised(running, urgency)
    assert running.pages == []
    raised(running, Urgency.E1)
    assert running.pages == ["staff-0"]


def test_an_emergency_nobody_takes_on_goes_along_the_whole_chain_and_stays_with_its_end(
    running: PlayedPlan,
) -> None:
    raised(running, Urgency.E0)
    running.until(MONDAY + timedelta(hours=2))
    assert running.pages[:4] == CHAIN
    assert set(running.pages[4:]) == {"staff-3"}
    assert running.has_alert(AlertReason.safety_words)


def test_at_the_end_of_the_chain_nobody_is_paged_forty_times_a_day(running: PlayedPlan) -> None:
    raised(running, Urgency.E0)
    running.until(datetime(2026, 3, 2, 18, 0, tzinfo=UTC))
    assert len(running.pages) <= 4 + 8


def test_at_night_the_page_goes_at_once_and_the_deadline_is_the_next_opening(running: PlayedPlan) -> None:
    running.until(SATURDAY_NIGHT)
    alert = raised(running, Urgency.E0)
    assert running.pages == ["staff-0"]
    assert alert.acknowledge_by == datetime(2026, 3, 9, 8, 15, tzinfo=UTC)


def test_an_acknowledged_alert_still_waits_for_the_call_to_the_client_al_13(running: PlayedPlan) -> None:
    alert = raised(running, Urgency.E1)
    running.until(MONDAY + timedelta(minutes=30))
    running.must(AcknowledgeAlert(alert_id=alert.id), FRONT_DESK)
    running.until(alert.contact_by)
    escalated = running.events(EventKind.alert_escalated)
    assert [event.rule for event in escalated] == ["AL-13"]
    assert running.alert(AlertReason.safety_words).acknowledged_at is None


def test_the_contact_deadline_does_not_move_while_the_alert_is_passed_on_al_13(running: PlayedPlan) -> None:
    alert = raised(running, Urgency.E1)
    running.until(alert.contact_by - timedelta(minutes=1))
    assert running.alert(AlertReason.safety_words).contact_by == alert.contact_by
    running.until(alert.contact_by)
    assert running.events(EventKind.alert_escalated)[-1].rule == "AL-13"


def test_the_same_matter_becoming_more_urgent_raises_the_open_alert_and_pages(running: PlayedPlan) -> None:
    first = raised(running, Urgency.E3)
    running.must(AcknowledgeAlert(alert_id=first.id), FRONT_DESK)
    worse = raised(running, Urgency.E0)
    assert worse.id == first.id
    assert worse.urgency is Urgency.E0
    assert worse.acknowledged_at is None
    assert running.pages == ["staff-0"]


def test_a_less_urgent_word_about_the_same_matter_changes_nothing(running: PlayedPlan) -> None:
    first = raised(running, Urgency.E0)
    assert raised(running, Urgency.E2) == first


def test_an_emergency_that_comes_again_after_it_was_taken_on_is_a_new_alert(running: PlayedPlan) -> None:
    first = raised(running, Urgency.E0)
    running.must(AcknowledgeAlert(alert_id=first.id), FRONT_DESK)
    draft = Draft(running.state, running.now, "test:again")
    draft.raise_alert(AlertReason.safety_words, Urgency.E0, "KW-TEST", subject="in1")
    running.commit(draft)
    assert len(running.state.alerts) == 2
    assert running.pages == ["staff-0", "staff-0"]


def test_two_emergency_texts_are_two_alerts(running: PlayedPlan) -> None:
    running.text("chest pain now")
    running.text("chest pain is worse")
    assert len([a for a in running.state.alerts if a.reason is AlertReason.safety_words]) == 2
    assert running.pages == ["staff-0", "staff-0"]


def test_ten_odd_texts_are_one_thing_to_look_at_until_somebody_looks(running: PlayedPlan) -> None:
    for _ in range(10):
        running.text("running late sorry")
    unread = running.alert(AlertReason.unread_reply)
    running.must(AcknowledgeAlert(alert_id=unread.id), FRONT_DESK)
    running.text("still late")
    assert len([a for a in running.state.alerts if a.reason is AlertReason.unread_reply]) == 2


def test_front_desk_closes_what_is_about_bookings_and_never_what_is_clinical(running: PlayedPlan) -> None:
    running.text("running late sorry")
    unread = running.alert(AlertReason.unread_reply)
    assert running.ask(CloseAlert(alert_id=unread.id, outcome="rung"), FRONT_DESK) is None
    for number in (1, 2, 3):
        running.attend(number)
    review = running.alert(AlertReason.short_course)
    refusal = running.ask(CloseAlert(alert_id=review.id, outcome="fine"), FRONT_DESK)
    assert refusal is not None
    assert refusal.code == "not_a_clinician"


def test_who_is_asked_for_an_outcome_is_asked_until_it_is_recorded(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at + timedelta(hours=24))
    missing = running.alert(AlertReason.outcome_missing)
    refusal = running.ask(CloseAlert(alert_id=missing.id, outcome="later", note_id="note"))
    assert refusal is not None
    assert refusal.code == "outcome_missing"
    running.must(RecordOutcome(session_no=1, outcome=SessionStatus.no_show))
    assert missing.id not in {one.id for one in running.state.alerts}


def test_a_plan_that_has_ended_lets_go_of_a_visit_of_which_nobody_knows(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at + timedelta(hours=2))
    running.must(Withdraw(), CLIENT)
    missing = running.alert(AlertReason.outcome_missing)
    running.must(CloseAlert(alert_id=missing.id, outcome="not known", note_id="note"))
    assert not running.state.alerts


def test_what_an_operation_touches_is_asked_again_before_its_alert_closes_mid_4(running: PlayedPlan) -> None:
    running.text("I have an operation next week")
    alert = running.alert(AlertReason.safety_words)
    close = CloseAlert(alert_id=alert.id, outcome="rung", note_id="note")
    first, *others = alert.screening_items
    for items in ((first,), tuple(others)):
        refusal = running.ask(close)
        assert refusal is not None
        assert refusal.code == "rescreen_needed"
        running.must(Rescreen(result=running.state.screening.result, items=items))
    running.must(close)


def test_an_emergency_is_closed_with_what_was_found(running: PlayedPlan) -> None:
    alert = raised(running, Urgency.E0)
    refusal = running.ask(CloseAlert(alert_id=alert.id, outcome="fine"))
    assert refusal is not None
    assert refusal.code == "note_missing"


def test_a_text_of_an_emergency_that_does_not_arrive_is_as_urgent_as_the_emergency_f09(
    running: PlayedPlan,
) -> None:
    running.text("chest pain now")
    (safety,) = [s for s in running.sent if s.order.purpose is TextPurpose.safety]
    running.text_fails(safety.order)
    assert running.alert(AlertReason.text_undelivered).urgency is Urgency.E0
    assert running.pages == ["staff-0", "staff-0"]


def test_a_safety_text_that_the_provider_gave_up_later_is_as_urgent_too_f09(running: PlayedPlan) -> None:
    running.text("chest pain now")
    (safety,) = [s for s in running.sent if s.order.purpose is TextPurpose.safety]
    running.must(TextFailed(message_key=safety.order.key, error_class="undeliverable"), FRONT_DESK)
    assert running.alert(AlertReason.text_undelivered).urgency is Urgency.E0


@pytest.mark.parametrize(("hour", "same_day"), [(12, True), (15, False)])
def test_severe_pain_told_before_the_afternoon_is_rung_about_the_same_day(
    running: PlayedPlan, hour: int, same_day: bool
) -> None:
    running.until(running.session(1).starts_at.replace(day=9, hour=hour))
    running.text("9")
    severe = next(alert for alert in running.state.alerts if alert.rule == "AL-01")
    assert (severe.contact_by <= running.now.replace(hour=18, minute=0)) is same_day


def test_a_reminder_that_does_not_arrive_reaches_front_desk_f10(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at - timedelta(hours=72))
    (reminder,) = [s for s in running.sent if s.order.purpose is TextPurpose.reminder]
    running.text_fails(reminder.order, unknown=True)
    assert running.alert(AlertReason.text_unknown).urgency is Urgency.E3


def test_several_alerts_closed_on_one_day_are_one_review(running: PlayedPlan) -> None:
    for number in range(1, 7):
        running.attend(number, primary=3.5)
    reviews = [
        a
        for a in running.state.alerts
        if a.reason in (AlertReason.review_due, AlertReason.taper_escalation, AlertReason.short_course)
    ]
    assert len(reviews) > 1
    for alert in reviews:
        running.must(CloseAlert(alert_id=alert.id, outcome="seen"))
    assert running.state.progress.reviews_no_change == 1


def test_a_visit_may_not_take_place_before_what_came_up_is_dealt_with_mid_2(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at - timedelta(days=1))
    running.text("some tingling in my fingers")
    alert = running.alert(AlertReason.safety_words)
    assert alert.urgency is Urgency.E2
    assert running.stands(Stage.active)
    running.until(running.session(1).starts_at + timedelta(hours=1))
    attended = RecordOutcome(session_no=1, outcome=SessionStatus.attended)
    refusal = running.ask(attended)
    assert refusal is not None
    assert refusal.code == "alert_open"
    assert running.ask(RecordOutcome(session_no=1, outcome=SessionStatus.no_show)) is None


def test_what_came_up_after_a_visit_does_not_keep_its_outcome_from_being_recorded(
    running: PlayedPlan,
) -> None:
    running.until(running.session(1).starts_at + timedelta(hours=5))
    running.text("some tingling in my fingers")
    assert running.ask(RecordOutcome(session_no=1, outcome=SessionStatus.attended)) is None
