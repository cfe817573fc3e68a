"""Where the schedule wants more than the contact budget allows, check-ins take turns and none is pushed for ever."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.checkins import question_key, routine_questions, wishes
from care.driving import Sent
from care.local_time import local_day
from care.pack import builtin
from care.simulation.assumptions import usual_assumptions
from care.simulation.promises import CheckInsAsked, broken_by_text
from care.simulation.running import lives
from care.simulation.world import World
from schemas.messages import Audience, TextOrder, TextPurpose
from schemas.plan import ROUTINE_KEPT, PlanState
from schemas.prompts import Asking
from schemas.taper import Step
from tests.care.plans import HOURS, NOW
from tests.care.test_calendar_turns import a_plan_that_asked, asked, what_counts

NOT_FOR_EVER = "no check-in is pushed for ever (SCH-3 … SCH-6)"
AT_MOST = {"CHK-PAIN": 3, "CHK-FLARE": 3, "CHK-HOME": 4, "CHK-GOAL": 4}
"""Weeks from one to the next with weekly visits: thrice the interval of what comes weekly, twice that of the rest."""


def days_of_turns(state: PlanState) -> dict[str, date]:
    """The day of each calendar question's next turn."""
    return {one.question: local_day(HOURS, one.at) for one in routine_questions(*what_counts(state))}


@given(sent=asked, late=st.integers(0, 299))
def test_a_text_that_left_a_moment_late_takes_no_turn_from_the_weeks_after(
    sent: tuple[tuple[str, datetime], ...], late: int
) -> None:
    """Timers fire a fraction of a second late: to the second, each week's question would lose a day to the last's."""
    on_time = tuple((question, at + timedelta(hours=1)) for question, at in sent)
    later = tuple((question, at + timedelta(seconds=late)) for question, at in on_time)
    assert days_of_turns(a_plan_that_asked(later)) == days_of_turns(a_plan_that_asked(on_time))


@pytest.mark.parametrize("earlier", [timedelta(hours=1), timedelta(hours=3)])
def test_a_visit_earlier_in_the_day_than_last_week_s_takes_no_turn(earlier: timedelta) -> None:
    """Two visits on Tuesdays are a week apart, whatever their hours: the budget counts days."""
    tuesdays = [NOW + timedelta(days=day, hours=5) for day in (1, 8)]
    state = a_plan_that_asked(
        (
            ("CHK-SORE", tuesdays[0]),
            ("CHK-PAIN", NOW + timedelta(days=3, hours=1)),
            ("CHK-SORE", tuesdays[1] - earlier),
        )
    )
    as_always = a_plan_that_asked((*state.routine_sent[:2], ("CHK-SORE", tuesdays[1])))
    assert days_of_turns(state) == days_of_turns(as_always)


def _half_a_year_of_weekly_visits(visit: timedelta, late: timedelta) -> list[tuple[str, datetime]]:
    """What is asked by the calendar and on the day after each visit, each text a moment late."""
    state, sent = a_plan_that_asked(()), list[tuple[str, datetime]]()
    state = state.but(progress=state.progress.but(step=Step.S1, reviewed_at=NOW + timedelta(weeks=60)))
    for week in range(26):
        sore = NOW + timedelta(weeks=week) + visit
        while (first := min(routine_questions(*what_counts(state)))).at < sore + timedelta(days=-1):
            sent.append((first.question, first.at + late))
            state = state.but(routine_sent=tuple(sent[-ROUTINE_KEPT:]))
        sent.append(("CHK-SORE", sore + late))
        state = state.but(routine_sent=tuple(sent[-ROUTINE_KEPT:]))
    return sent


@given(hours=st.integers(0, 7 * 24 - 1), late=st.integers(0, 60_000))
def test_at_weekly_visits_every_check_in_comes_again_within_weeks(hours: int, late: int) -> None:
    """Three weeks at most for flare-ups, of which a step down must know within four (D3)."""
    sent = _half_a_year_of_weekly_visits(timedelta(hours=hours), timedelta(milliseconds=late))
    asked_at = defaultdict(list)
    for question, at in sent:
        asked_at[question].append(at)
    for question, weeks in AT_MOST.items():
        assert len(asked_at[question]) > 5
        gaps = [(later - earlier).days for earlier, later in pairwise(asked_at[question])]
        assert max(gaps) <= weeks * 7, (question, gaps)


def test_of_two_that_fell_due_together_the_one_asked_more_often_goes_first() -> None:
    """With one question a week, flare-ups (weekly) go before home days (every two weeks)."""
    together = (("CHK-HOME", NOW + timedelta(hours=1)), ("CHK-FLARE", NOW + timedelta(days=7, hours=1)))
    state = a_plan_that_asked((*together, ("CHK-PAIN", NOW + timedelta(days=8, hours=1))))
    state = state.but(
        protocol=state.protocol.but(max_routine_per_7_days=1), progress=state.progress.but(step=Step.S1)
    )
    days = days_of_turns(state)
    assert days["CHK-FLARE"] < days["CHK-HOME"]


def test_who_has_waited_longer_than_it_may_goes_before_who_is_asked_more_often() -> None:
    asked_on = (("CHK-HOME", 0), ("CHK-FLARE", 16), ("CHK-PAIN", 17))
    state = a_plan_that_asked(tuple((name, NOW + timedelta(days=day, hours=1)) for name, day in asked_on))
    state = state.but(
        protocol=state.protocol.but(max_routine_per_7_days=1), progress=state.progress.but(step=Step.S1)
    )
    days = days_of_turns(state)
    assert days["CHK-HOME"] == NOW.date() + timedelta(days=24)


def test_a_question_that_was_put_off_keeps_its_place_in_the_queue() -> None:
    state = a_plan_that_asked((("CHK-FLARE", NOW + timedelta(hours=1)),))
    state = state.but(progress=state.progress.but(step=Step.S1))
    places = {question: place for place, _, _, question in wishes(state).others}
    waiting = state.but(put_off=((question_key("CHK-FLARE"), NOW + timedelta(days=12)),))
    assert {question: place for place, _, _, question in wishes(waiting).others} == places
    assert days_of_turns(waiting)["CHK-FLARE"] >= NOW.date() + timedelta(days=12)


# -- the same promise over simulated months ---------------------------------------------------------------


def _asks(state: PlanState, question: str, days: float) -> Sent:
    at = NOW + timedelta(days=days)
    asking = Asking.of(key=f"q:{question}:{days}", at=at, routine=question)
    order = TextOrder.of(
        key=f"plan-1:{asking.key}",
        plan_id="plan-1",
        recipient_id="client-1",
        audience=Audience.client,
        purpose=TextPurpose.question,
        template=question,
        rule="SCH-3",
        ordered_at=at,
        expires_at=at + timedelta(hours=10),
        asking=asking,
    )
    return Sent.of(before=state, order=order, at=at)


def test_a_check_in_that_is_never_asked_breaks_the_promise_once_another_has_come_too_often() -> None:
    state = a_plan_that_asked(())
    state = state.but(progress=state.progress.but(step=Step.S1))
    asked_of_one, texts_flow_again = CheckInsAsked(), state.but(texts_since=NOW + timedelta(days=50))
    for day in range(0, 56, 7):
        for question in ("CHK-PAIN", "CHK-HOME", "CHK-GOAL"):
            assert not [*broken_by_text(_asks(state, question, day), asked_of_one)]
    assert [*broken_by_text(_asks(state, "CHK-PAIN", 57), asked_of_one)] == [NOT_FOR_EVER]
    assert not [*broken_by_text(_asks(texts_flow_again, "CHK-PAIN", 58), asked_of_one)]


def test_simulated_plans_do_what_is_due_a_moment_late_and_lose_no_check_in_by_it() -> None:
    usual = usual_assumptions()
    assert usual.clinic.moments_late > 0
    on_time = usual.but(clinic=usual.clinic.but(moments_late=0.0))
    questions = [
        sum(story.texts[TextPurpose.question] for story in lives(World(builtin(), one, 5), range(30), 26))
        for one in (usual, on_time)
    ]
    assert questions[0] == pytest.approx(questions[1], rel=0.1)
