"""What a plan will do by itself, and when."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest

from care.agenda import agenda, due_items, next_item
from care.local_time import local, local_day
from schemas.alerts import AlertReason
from schemas.commands import Reschedule
from schemas.events import EventKind
from schemas.plan import AgendaItem, AgendaKind, PlanState
from schemas.protocol import ApprovalKind
from tests.care.plans import HOURS, NOW, plan_for
from tests.care.played_plan import FRONT_DESK, PlayedPlan


def items(state: PlanState, kind: AgendaKind, session: int | None = None) -> list[AgendaItem]:
    """The agenda's items of a kind."""
    return [i for i in agenda(state) if i.kind is kind and session in (None, i.session_no)]


def test_a_visit_is_announced_72_and_24_hours_before(running: PlayedPlan) -> None:
    visit = running.session(1)
    due = [item.due for item in items(running.state, AgendaKind.session_reminder, 1)]
    assert due == [visit.starts_at - timedelta(hours=72), visit.starts_at - timedelta(hours=24)]


def test_the_second_reminder_is_dropped_once_the_client_has_confirmed(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at - timedelta(hours=60))
    running.text("1")
    running.until(running.session(1).starts_at)
    assert [s.order.template for s in running.texts() if s.order.purpose == "reminder"] == [
        "session_reminder_72h"
    ]


def test_the_day_before_every_visit_the_client_is_asked_about_their_health(running: PlayedPlan) -> None:
    (item,) = items(running.state, AgendaKind.day_before, 1)
    assert item.due == datetime(2026, 3, 9, 9, 0, tzinfo=UTC)
    assert item.rule == "SCH-8"


def test_see_you_tomorrow_is_never_said_on_the_day_of_the_visit(running: PlayedPlan) -> None:
    visit = running.session(1)
    running.outage_until(visit.starts_at - timedelta(hours=1))
    assert not running.texts("CHK-CHANGE")
    assert "s1r1:day-before" in {e.facts["key"] for e in running.events(EventKind.text_skipped)}


def test_what_is_due_exactly_now_is_due_f20(running: PlayedPlan) -> None:
    first = next_item(running.state)
    assert first is not None
    assert first in due_items(running.state, first.due)
    assert first not in due_items(running.state, first.due - timedelta(microseconds=1))


def test_after_an_outage_one_reminder_goes_out_not_two_f02(running: PlayedPlan) -> None:
    running.outage_until(running.session(1).starts_at - timedelta(hours=20))
    assert [s.order.template for s in running.texts() if s.order.purpose == "reminder"] == [
        "session_reminder_24h"
    ]


def test_after_an_outage_no_reminder_comes_for_a_visit_that_has_begun_f07(running: PlayedPlan) -> None:
    running.outage_until(running.session(1).starts_at + timedelta(minutes=5))
    assert not [s for s in running.texts() if s.order.purpose == "reminder" and s.order.session_no == 1]


def test_a_moved_visit_is_announced_at_its_new_time_only_f05(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at - timedelta(hours=70))
    moved = running.session(1).starts_at + timedelta(days=2)
    running.must(Reschedule(session_no=1, starts_at=moved), FRONT_DESK)
    due = [item.due for item in items(running.state, AgendaKind.session_reminder, 1)]
    assert due == [moved - timedelta(hours=72), moved - timedelta(hours=24)]


def test_no_text_of_the_agenda_ever_falls_in_the_quiet_hours_f13() -> None:
    early = plan_for({}, first_session_at=datetime(2026, 3, 10, 8, 30, tzinfo=UTC))
    played = PlayedPlan(early, NOW)
    played.approve(ApprovalKind.start)
    due = [item.due for item in items(played.state, AgendaKind.session_reminder, 1)]
    assert [at.time() for at in due] == [time(9), time(9)]


def test_soreness_is_asked_the_next_day_within_20_to_28_hours(running: PlayedPlan) -> None:
    running.attend(1)
    (item,) = [i for i in items(running.state, AgendaKind.routine_question, 1) if i.subject == "CHK-SORE"]
    assert item.due - running.session(1).starts_at == timedelta(hours=24)


def test_after_an_evening_visit_soreness_is_asked_before_the_next_quiet_hours() -> None:
    evening = plan_for({}, first_session_at=datetime(2026, 3, 10, 20, 30, tzinfo=UTC))
    played = PlayedPlan(evening, NOW)
    played.approve(ApprovalKind.start)
    played.attend(1)
    (item,) = [i for i in items(played.state, AgendaKind.routine_question, 1) if i.subject == "CHK-SORE"]
    assert item.due - played.session(1).starts_at == timedelta(hours=20)


def test_an_outcome_nobody_recorded_is_noticed_the_next_morning(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at + timedelta(hours=24))
    assert running.alert(AlertReason.outcome_missing).session_no == 1


@pytest.mark.parametrize(
    ("zone", "first"),
    [
        ("Pacific/Pago_Pago", datetime(2026, 3, 10, 20, 0, tzinfo=UTC)),
        ("Pacific/Kiritimati", datetime(2026, 3, 9, 20, 0, tzinfo=UTC)),
    ],
)
def test_the_day_before_is_the_clinic_s_day_before_at_both_ends_of_the_world_f18(
    zone: str, first: datetime
) -> None:
    played = PlayedPlan(plan_for({}, hours=HOURS.but(zone=zone), first_session_at=first), NOW)
    played.approve(ApprovalKind.start)
    (item,) = items(played.state, AgendaKind.day_before, 1)
    day = local(zone, played.session(1).starts_at).date()
    assert local(zone, item.due).date() == day - timedelta(days=1)
    assert local(zone, item.due).time() == time(9)


def test_questions_by_the_calendar_keep_a_day_apart_and_within_the_budget(running: PlayedPlan) -> None:
    for number in range(1, 5):
        running.attend(number)
    asked = [s.at for s in running.texts() if s.order.rule.startswith("SCH-") and s.order.rule != "SCH-8"]
    assert all(later - earlier >= timedelta(hours=24) for earlier, later in pairwise(asked))
    for sent in running.texts():
        if sent.order.rule in ("SCH-3", "SCH-4", "SCH-5", "SCH-6"):
            today = local_day(HOURS, sent.at)
            week = [day for at in asked if today - timedelta(days=7) < (day := local_day(HOURS, at)) <= today]
            assert len(week) <= running.state.protocol.max_routine_per_7_days


def test_a_question_whose_turn_fell_into_an_outage_comes_the_next_day_f02(running: PlayedPlan) -> None:
    due = next(i.due for i in items(running.state, AgendaKind.routine_question) if i.subject == "CHK-PAIN")
    running.outage_until(due + timedelta(hours=12))
    assert not running.texts("CHK-PAIN")
    (again,) = [i.due for i in items(running.state, AgendaKind.routine_question) if i.subject == "CHK-PAIN"]
    assert due < again < due + timedelta(days=4)
    running.until(again)
    assert len(running.texts("CHK-PAIN")) == 1


def test_a_question_that_finds_its_turn_in_the_evening_is_not_asked_at_night_f13(running: PlayedPlan) -> None:
    """As after a visit is cancelled at half past eight, whose own question had kept the place of another."""
    item = next(i for i in items(running.state, AgendaKind.routine_question) if i.subject == "CHK-PAIN")
    half_past_eight = item.due + timedelta(hours=9, minutes=30)
    running.outage_until(half_past_eight)
    assert not running.texts("CHK-PAIN")
    told = {event.facts["key"]: event.facts["reason"] for event in running.events(EventKind.text_skipped)}
    assert told[item.key] == "its turn came in quiet hours"
    (again,) = [i.due for i in items(running.state, AgendaKind.routine_question) if i.subject == "CHK-PAIN"]
    assert half_past_eight < again < item.due + timedelta(days=4)


def test_better_or_worse_is_asked_once_before_each_review(running: PlayedPlan) -> None:
    quiet = plan_for({}, review_days=28, review_sessions=50)
    played = PlayedPlan(quiet, NOW)
    played.approve(ApprovalKind.start)
    review = played.state.progress.reviewed_at + timedelta(days=28)
    for number in range(1, 4):
        played.attend(number)
    played.until(review)
    (asked,) = [sent for sent in played.texts("CHK-BETTER") if sent.order.rule == "SCH-7"]
    assert review - timedelta(days=8) < asked.at < review


def test_an_unanswered_question_is_repeated_once_and_then_counts_as_silence(running: PlayedPlan) -> None:
    due = next(i.due for i in items(running.state, AgendaKind.routine_question) if i.subject == "CHK-PAIN")
    running.until(due + timedelta(hours=49))
    assert len(running.texts("CHK-PAIN")) == 2
    assert running.state.progress.silent_run == 1


def test_the_preview_and_the_board_ask_the_same_agenda_twice_and_get_the_same(running: PlayedPlan) -> None:
    copy = PlanState.read_json(running.state.as_json())
    assert agenda(copy) == agenda(running.state) == agenda(copy)


def test_a_deferred_plan_waits_for_its_date() -> None:
    played = PlayedPlan(
        plan_for({"SCR-07": {"value": "yes", "date": date(2026, 2, 27), "region": ["lumbar"]}}), NOW
    )
    assert next_item(played.state) is not None
