"""The preview: the same future as the plan that is then really driven."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta

from care.local_time import is_quiet, local
from care.preview import PlannedKind, preview
from schemas.plan import Stage
from schemas.protocol import ApprovalKind
from tests.care.plans import HOURS, NOW, plan_for
from tests.care.played_plan import PlayedPlan


def test_a_plan_that_goes_well_ends_in_discharge_within_a_year() -> None:
    lines = preview(plan_for({}), NOW, weeks=52)
    assert lines[-1].kind is PlannedKind.end
    assert lines[-1].what == Stage.discharged
    assert [line.what for line in lines if line.kind is PlannedKind.step] == ["S1 to S2", "S2 to S3"]


def test_a_preview_without_an_answer_keeps_the_plan_at_its_step() -> None:
    started = PlayedPlan(plan_for({}), NOW)
    started.approve(ApprovalKind.start)
    undecided = frozenset({ApprovalKind.taper, ApprovalKind.discharge})
    as_it_is = preview(started.state, NOW, weeks=26, undecided=undecided)
    assert not [line for line in as_it_is if line.kind in (PlannedKind.step, PlannedKind.end)]
    assert [line for line in as_it_is if line.kind is PlannedKind.session]


def test_ten_o_clock_stays_ten_o_clock_through_the_whole_preview_f16() -> None:
    lines = preview(plan_for({}, planned_weeks=52), NOW, weeks=52)
    visits = [line.at for line in lines if line.kind is PlannedKind.session]
    assert {local(HOURS.zone, at).time() for at in visits} == {time(10)}
    assert {at.utcoffset() for at in visits} == {timedelta(0)}
    assert {at.hour for at in visits} == {9, 10}


def test_no_text_is_planned_in_the_quiet_hours_f13() -> None:
    lines = preview(plan_for({}), NOW, weeks=52)
    assert not [line for line in lines if line.kind is PlannedKind.text and is_quiet(HOURS, line.at)]


def test_what_is_approved_at_night_is_told_in_the_morning_f13() -> None:
    night = NOW.replace(hour=3)
    lines = preview(plan_for({}), night, weeks=4)
    assert is_quiet(HOURS, night)
    assert next(line.at for line in lines if line.kind is PlannedKind.decision) < night + timedelta(hours=1)
    assert not [line for line in lines if line.kind is PlannedKind.text and is_quiet(HOURS, line.at)]


def test_lines_come_in_order() -> None:
    texts = [line.at for line in preview(plan_for({}), NOW, weeks=52) if line.kind is PlannedKind.text]
    assert texts == sorted(texts)


def test_the_preview_never_changes_the_plan() -> None:
    plan = plan_for({})
    before = plan.as_json()
    assert preview(plan, NOW, weeks=26) == preview(plan, NOW, weeks=26)
    assert plan.as_json() == before


def test_a_plan_that_a_hold_blocks_shows_what_it_waits_for_and_no_visit() -> None:
    lines = preview(plan_for({"SCR-01": {"value": "checked"}}), NOW, weeks=26)
    assert not [line for line in lines if line.kind is PlannedKind.session]
    assert [line.what for line in lines if line.kind is PlannedKind.text]


def test_the_next_texts_of_a_running_plan_are_the_ones_the_preview_showed(running: PlayedPlan) -> None:
    week = running.now + timedelta(days=7)
    shown = [
        (line.at, line.what)
        for line in preview(running.state, running.now, weeks=2)
        if line.kind is PlannedKind.text and running.now < line.at <= week
    ]
    told = len(running.texts())
    running.until(running.session(1).starts_at - timedelta(hours=71))
    running.text("1")
    running.until(week)
    happened = [(sent.at, sent.order.template) for sent in running.texts()[told:]]
    assert happened == shown


def test_a_preview_in_the_middle_of_a_plan_goes_on_from_there(running: PlayedPlan) -> None:
    for number in (1, 2):
        running.attend(number)
    lines = preview(running.state, running.now, weeks=52)
    numbers = [line.session_no for line in lines if line.kind is PlannedKind.session]
    assert numbers[0] == 3
    assert all(line.at >= running.now for line in lines)


def test_the_horizon_is_kept() -> None:
    lines = preview(plan_for({}), NOW, weeks=4)
    assert max(line.at for line in lines) <= datetime(2026, 3, 30, 10, 0, tzinfo=UTC)
