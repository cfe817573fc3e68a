"""SCH-3: pain is asked about on the plan's own weekday, whatever pushed a question to another day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.checkins import routine_questions, wishes
from care.local_time import local, local_day
from schemas.plan import PlanState
from schemas.protocol import ApprovalKind, CheckinRule
from schemas.taper import Step
from tests.care.plans import HOURS, NOW, plan_for
from tests.care.played_plan import PlayedPlan
from tests.care.test_calendar_turns import a_plan_that_asked, asked, what_counts

MONDAY = 0
ZONES = ("Europe/London", "Pacific/Kiritimati", "Pacific/Pago_Pago", "America/New_York")


def on_monday(step: Step = Step.S1, *asked_on: int) -> PlanState:
    """A plan that began on a Monday and asked about pain so many days later, without visits."""
    state = a_plan_that_asked(tuple(("CHK-PAIN", NOW + timedelta(days=day, hours=1)) for day in asked_on))
    return state.but(progress=state.progress.but(step=step))


def next_asked(state: PlanState) -> date:
    """The day of the next question about pain."""
    (turn,) = (one for one in routine_questions(*what_counts(state)) if one.question == "CHK-PAIN")
    return local_day(state.protocol.hours, turn.at)


@given(sent=asked, zone=st.sampled_from(ZONES), step=st.sampled_from(Step), hours=st.integers(0, 7 * 24))
def test_pain_is_wished_for_on_the_weekday_on_which_the_plan_began(
    sent: tuple[tuple[str, datetime], ...], zone: str, step: Step, hours: int
) -> None:
    """About a week, or four, after it was last asked: three days sooner at most, or three later."""
    state = a_plan_that_asked(sent)
    here = HOURS.but(zone=zone)
    began = NOW - timedelta(hours=hours)
    state = state.but(
        protocol=state.protocol.but(hours=here), progress=state.progress.but(started_at=began, step=step)
    )
    (day,) = (day for _, day, _, question in wishes(state).others if question == "CHK-PAIN")
    last = max((at for question, at in sent if question == "CHK-PAIN"), default=began)
    every = 28 if step in (Step.S3, Step.S4) else 7
    assert day.weekday() == local(zone, began).weekday()
    assert abs((day - local(zone, max(last, began)).date()).days - every) <= 3


@pytest.mark.parametrize(
    ("pushed_by", "days_later"), [(0, 7), (1, 6), (2, 5), (3, 4), (4, 10), (5, 9), (6, 8)]
)
def test_after_a_push_the_next_turn_is_back_on_the_weekday_four_to_ten_days_later(
    pushed_by: int, days_later: int
) -> None:
    """Nobody answers the same question twice in three days, and nobody waits two weeks for it."""
    state = on_monday(Step.S1, 7 + pushed_by)
    assert next_asked(state) == NOW.date() + timedelta(days=7 + pushed_by + days_later)
    assert next_asked(state).weekday() == MONDAY


@pytest.mark.parametrize(("pushed_by", "days_later"), [(0, 28), (3, 25), (4, 31)])
def test_every_four_weeks_keep_the_weekday_too(pushed_by: int, days_later: int) -> None:
    state = on_monday(Step.S3, 28 + pushed_by)
    assert next_asked(state) == NOW.date() + timedelta(days=28 + pushed_by + days_later)
    assert next_asked(state).weekday() == MONDAY


@pytest.mark.parametrize("step", Step)
def test_a_change_of_step_leaves_the_weekday_alone(step: Step) -> None:
    assert next_asked(on_monday(step, 7, 14, 21)).weekday() == MONDAY


@pytest.mark.parametrize("began", [date(2026, 3, 22), date(2026, 10, 18)], ids=["spring", "autumn"])
def test_the_weekday_and_the_hour_stay_when_the_clocks_change(began: date) -> None:
    state = on_monday()
    started = datetime.combine(began, time(23, 30), tzinfo=UTC) - timedelta(days=began.month == 10)
    weekday = local_day(HOURS, started).weekday()
    sent: tuple[tuple[str, datetime], ...] = ()
    for _ in range(4):
        state = state.but(routine_sent=sent, progress=state.progress.but(started_at=started))
        turns = routine_questions(*what_counts(state))
        (turn,) = (one for one in turns if one.question == "CHK-PAIN")
        assert local("Europe/London", turn.at).weekday() == weekday
        assert local("Europe/London", turn.at).time() == time(11)
        sent = (*sent, ("CHK-PAIN", turn.at))


def test_with_room_in_the_budget_pain_is_asked_about_every_monday() -> None:
    """But where the question before the review comes first (SCH-7): then it is back four days later."""
    played = PlayedPlan(plan_for({}, max_routine_per_7_days=20), NOW)
    played.approve(ApprovalKind.start)
    played.until(NOW + timedelta(weeks=12))
    days = [local_day(HOURS, sent.at) for sent in played.texts("CHK-PAIN") if sent.order.rule == "SCH-3"]
    mondays = [NOW.date() + timedelta(weeks=week) for week in range(1, 13)]
    (pushed,) = set(days) - set(mondays)
    assert [day for day in days if day != pushed] == [day for day in mondays if day + timedelta(3) != pushed]


def test_what_is_asked_every_four_weeks_keeps_its_weekday_before_what_falls_due_with_it() -> None:
    """A question with a weekday may wait a week, whatever its interval; home days may wait two."""
    state = on_monday(Step.S3, 0)
    state = state.but(routine_sent=(*state.routine_sent, ("CHK-HOME", NOW + timedelta(days=14, hours=1))))
    days = {turn.question: local_day(HOURS, turn.at) for turn in routine_questions(*what_counts(state))}
    assert days["CHK-PAIN"] == NOW.date() + timedelta(days=28)
    assert days["CHK-HOME"] == NOW.date() + timedelta(days=29)


def test_a_plan_that_began_before_its_weekday_was_fixed_goes_on_as_it_began() -> None:
    rule = CheckinRule.read({"rule": "SCH-3", "ask": "CHK-PAIN", "every_days": {"S1": 7}})
    state = on_monday(Step.S1, 10)
    state = state.but(protocol=state.protocol.but(routine=(rule,)))
    assert next_asked(state) == NOW.date() + timedelta(days=17)


def test_only_the_rule_that_says_so_keeps_a_weekday() -> None:
    played = PlayedPlan(plan_for({}), NOW)
    played.approve(ApprovalKind.start)
    fixed = [one.rule for one in played.state.protocol.routine if one.fixed_weekday]
    assert fixed == ["SCH-3"]
