"""The series of visits: intervals, weekdays, wall times, closed days, moves and new steps."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.booking import ahead, first_start, next_start
from care.local_time import local, local_day
from schemas.alerts import AlertReason
from schemas.commands import Amend, CancelSession, DecideApproval, Decision, ProtocolEdit, Reschedule
from schemas.messages import TextPurpose
from schemas.plan import SessionStatus
from schemas.protocol import ApprovalKind
from schemas.taper import Step
from tests.care.going_well import answer_everything
from tests.care.plans import HOURS, NOW, plan_for
from tests.care.played_plan import FRONT_DESK, THERAPIST, PlayedPlan

PROTOCOL = plan_for({}).protocol
TUESDAY = datetime(2026, 3, 10, 10, 0, tzinfo=UTC)
"""The series' first visit."""


def series(step: Step, count: int, start: datetime = TUESDAY) -> list[datetime]:
    """So many visits at one step, as the plan would place them one after the other."""
    visits = [start]
    while len(visits) < count:
        visits.append(next_start(PROTOCOL, step, visits[-1], visits[-1]))
    return visits


def days_between(visits: list[datetime]) -> list[int]:
    """Calendar days from each visit to the next."""
    days = [local_day(HOURS, at) for at in visits]
    return [(later - earlier).days for earlier, later in pairwise(days)]


def test_twice_a_week_means_three_days_and_four_days_in_turn() -> None:
    assert days_between(series(Step.S0, 7)) == [3, 4, 3, 4, 3, 4]


@pytest.mark.parametrize(("step", "interval"), [(Step.S1, 7), (Step.S2, 14), (Step.S3, 28), (Step.S4, 56)])
def test_every_step_keeps_its_interval_and_its_weekday(step: Step, interval: int) -> None:
    visits = series(step, 5)
    assert days_between(visits) == [interval] * 4
    assert {at.weekday() for at in visits} == {1}


def test_ten_o_clock_stays_ten_o_clock_across_both_clock_changes_f16() -> None:
    wall = {local("Europe/London", at).time() for at in series(Step.S1, 40)}
    assert wall == {time(10)}


def test_a_closed_day_is_passed_over_and_the_series_comes_back_to_its_day() -> None:
    friday = datetime(2026, 3, 20, 10, 0, tzinfo=UTC)
    protocol = PROTOCOL.but(first_session_at=friday)
    before = friday + timedelta(days=7)
    skipped = next_start(protocol, Step.S1, before, before)
    assert local_day(HOURS, skipped) not in HOURS.closed_on
    after = next_start(protocol, Step.S1, skipped, skipped)
    assert local(HOURS.zone, after).weekday() == 4


def test_a_first_visit_on_a_closed_day_moves_a_week() -> None:
    easter_monday = datetime(2026, 4, 6, 9, 0, tzinfo=UTC)
    start = first_start(PROTOCOL.but(first_session_at=easter_monday), NOW)
    assert local_day(HOURS, start) == date(2026, 4, 13)


@given(
    step=st.sampled_from(tuple(Step)),
    last=st.integers(0, 500 * 24).map(lambda hours: TUESDAY + timedelta(hours=hours)),
    lead=st.integers(0, 200),
)
def test_a_proposed_visit_keeps_the_smallest_gap_the_opening_days_and_the_lead(
    step: Step, last: datetime, lead: int
) -> None:
    not_before = last + timedelta(days=lead)
    start = next_start(PROTOCOL, step, last, not_before)
    day = local_day(HOURS, start)
    assert start >= not_before
    assert (day - local_day(HOURS, last)).days >= int(PROTOCOL.taper.rung(step).min_gap_days)
    assert day.weekday() < 5
    assert day not in HOURS.closed_on
    assert local(HOURS.zone, start).time() == time(10)


def test_two_visits_are_booked_ahead_and_one_more_after_each(running: PlayedPlan) -> None:
    assert [s.no for s in ahead(running.state, running.now)] == [1, 2]
    running.attend(1)
    assert [s.no for s in ahead(running.state, running.now)] == [2, 3]


def test_moving_one_visit_makes_no_extras_and_does_not_drag_the_series_f23(running: PlayedPlan) -> None:
    moved = running.session(2).starts_at + timedelta(days=2)
    running.must(Reschedule(session_no=2, starts_at=moved), FRONT_DESK)
    running.attend(1)
    running.attend(2)
    assert [s.no for s in running.state.sessions] == [1, 2, 3, 4]
    assert {local(HOURS.zone, s.starts_at).weekday() for s in running.state.sessions if s.no != 2} == {1}


def test_a_move_to_sooner_than_the_lead_is_taken_from_a_person_f19(running: PlayedPlan) -> None:
    soon = running.now + timedelta(hours=5)
    assert running.ask(Reschedule(session_no=1, starts_at=soon), FRONT_DESK) is None
    assert running.session(1).starts_at == soon


def test_a_move_onto_the_plan_s_own_other_visit_changes_nothing_f22(running: PlayedPlan) -> None:
    before = running.state
    refusal = running.ask(Reschedule(session_no=1, starts_at=running.session(2).starts_at), FRONT_DESK)
    assert refusal is not None
    assert refusal.code == "slot_taken"
    assert running.state == before


def test_a_visit_that_has_begun_is_recorded_not_moved(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at + timedelta(hours=1))
    refusal = running.ask(Reschedule(session_no=1, starts_at=running.now + timedelta(days=1)), FRONT_DESK)
    assert refusal is not None
    assert refusal.code == "session_begun"


def test_a_cancelled_visit_is_replaced_and_its_slot_given_back_f24(running: PlayedPlan) -> None:
    running.must(CancelSession(session_no=1, by_clinic=True), FRONT_DESK)
    assert running.session(1).status is SessionStatus.cancelled
    assert running.steps[-1].transition.release == (1,)
    assert [s.no for s in ahead(running.state, running.now)] == [2, 3]


def test_a_client_who_cancels_within_a_day_has_cancelled_late(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at - timedelta(hours=23))
    running.must(CancelSession(session_no=1), FRONT_DESK)
    assert running.session(1).status is SessionStatus.late_cancel
    assert running.state.progress.missed_run == 1


def test_every_conflict_of_a_series_is_an_open_visit_that_a_person_finds_a_time_for_f21() -> None:
    played = PlayedPlan(plan_for({}), NOW, busy=lambda one: True)
    played.approve(ApprovalKind.start)
    assert {s.status for s in played.state.sessions} == {SessionStatus.unplaced}
    assert [a.session_no for a in played.state.alerts if a.reason is AlertReason.slot_needed] == [1, 2]


def test_a_client_is_never_told_of_a_time_that_the_calendar_refused_f26() -> None:
    played = PlayedPlan(plan_for({}), NOW, busy=lambda one: one.session_no == 1)
    played.approve(ApprovalKind.start)
    told = [at for s in played.sent if s.order.purpose is TextPurpose.notice for at in s.order.starts_at]
    assert told == [played.session(2).starts_at]


def test_an_open_visit_whose_time_passes_is_followed_by_another(running: PlayedPlan) -> None:
    running.busy = lambda one: one.session_no == 3
    running.attend(1)
    running.busy = lambda one: False
    third = running.session(3)
    assert third.status is SessionStatus.unplaced
    running.attend(2)
    running.until(third.starts_at)
    assert running.session(3).status is SessionStatus.lapsed
    assert running.session(5).status is SessionStatus.booked
    assert running.has_alert(AlertReason.slot_needed)


def new_step(running: PlayedPlan, step: Step) -> None:
    """The therapist changes the step of a running plan."""
    running.must(Amend(edit=ProtocolEdit(start_step=step), reason_id="why"))


def test_a_new_step_moves_what_is_booked_and_keeps_its_numbers(running: PlayedPlan) -> None:
    running.attend(1)
    running.until(running.now + timedelta(days=1))
    new_step(running, Step.S2)
    coming = ahead(running.state, running.now)
    assert [s.no for s in coming] == [2, 3]
    assert days_between([running.session(1).starts_at, *(s.starts_at for s in coming)]) == [14, 14]
    assert len(running.texts("visits_changed")) == 1


def test_a_new_step_leaves_a_visit_of_the_next_24_hours_where_it_is(running: PlayedPlan) -> None:
    running.attend(1)
    answer_everything(running, running.session(2).starts_at - timedelta(hours=5))
    before = running.session(2)
    new_step(running, Step.S2)
    assert running.session(2).starts_at == before.starts_at
    assert days_between([before.starts_at, running.session(3).starts_at]) == [14]


def test_a_visit_that_has_begun_counts_for_the_gap_to_the_next(running: PlayedPlan) -> None:
    running.until(running.session(1).starts_at + timedelta(minutes=10))
    new_step(running, Step.S2)
    assert days_between([running.session(1).starts_at, running.session(2).starts_at]) == [14]


def test_another_therapist_asks_the_calendar_again_for_every_visit(running: PlayedPlan) -> None:
    running.must(Amend(edit=ProtocolEdit(therapist_id="staff-7"), reason_id="why"))
    claims = running.steps[-1].transition.place
    assert [(one.session_no, one.therapist_id) for one in claims] == [(1, "staff-7"), (2, "staff-7")]
    assert [one.starts_at for one in claims] == [s.starts_at for s in ahead(running.state, running.now)]


def test_a_step_that_is_not_on_the_ladder_is_refused(running: PlayedPlan) -> None:
    ladder = PROTOCOL.taper.ladder[:3]
    short = PlayedPlan(plan_for({}, taper=PROTOCOL.taper.but(ladder=ladder)), NOW)
    command = DecideApproval(
        approval_id=short.approval(ApprovalKind.start).id,
        decision=Decision.edit,
        reason_id="why",
        edit=ProtocolEdit(start_step=Step.S4),
    )
    refusal = short.ask(command, THERAPIST)
    assert refusal is not None
    assert refusal.code == "unknown_step"
