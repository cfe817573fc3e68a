"""When the calendar's questions have their turn, whatever was asked before: gap, budget, and which is first."""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import cache

from hypothesis import example, given
from hypothesis import strategies as st

from care.checkins import Wishes, earliest_questions, in_the_way, question_key, routine_questions, wishes
from care.contact_budget import Taken
from care.local_time import local_day
from schemas.plan import ROUTINE_KEPT, PlanState
from schemas.protocol import ApprovalKind, Protocol
from tests.care.plans import HOURS, NOW, plan_for
from tests.care.played_plan import PlayedPlan

GAP, WEEK = timedelta(hours=24), timedelta(days=7)


def _asked(at_most: int) -> st.SearchStrategy[tuple[tuple[str, datetime], ...]]:
    """So many questions within forty days, in order."""
    one = st.tuples(
        st.sampled_from(("CHK-PAIN", "CHK-FLARE", "CHK-HOME", "CHK-GOAL", "CHK-SORE", "CHK-BETTER")),
        st.integers(0, 40 * 4).map(lambda quarter_days: NOW + timedelta(hours=6 * quarter_days)),
    )
    return st.lists(one, max_size=at_most).map(lambda sent: tuple(sorted(sent, key=lambda one: one[1])))


asked = _asked(at_most=20)

_NOT_ASKED_FOR_WEEKS = (
    ("CHK-FLARE", NOW + timedelta(days=8)),
    *(("CHK-SORE", NOW + timedelta(days=16 + 3 * visit)) for visit in range(20)),
)
"""As on a step that does not ask about flare-ups, after one that did."""

_TWICE = tuple(("CHK-SORE", NOW + timedelta(days=days, hours=1)) for days in (7, 7, 9))
"""Two questions at one instant use the budget up twice."""


@cache
def _going_on() -> PlanState:
    played = PlayedPlan(plan_for({}), NOW)
    played.approve(ApprovalKind.start)
    return played.state


def a_plan_that_asked(sent: tuple[tuple[str, datetime], ...]) -> PlanState:
    """A running plan without visits that has asked these questions."""
    return _going_on().but(routine_sent=sent, sessions=())


def what_counts(state: PlanState) -> tuple[Protocol, Wishes, Taken]:
    """All that the turns of a plan's questions depend on."""
    return state.protocol, wishes(state), in_the_way(state)


@given(sent=asked)
def test_every_turn_keeps_a_day_from_the_others_and_the_budget_of_any_seven_days(
    sent: tuple[tuple[str, datetime], ...],
) -> None:
    state = a_plan_that_asked(sent)
    turns = [turn.at for turn in routine_questions(*what_counts(state))]
    everything = sorted([*(at for _, at in sent), *turns])
    days = [local_day(HOURS, at) for at in everything]
    for turn in turns:
        assert sum(abs(at - turn) < GAP for at in everything) == 1
        today = local_day(HOURS, turn)
        for begins in (day for day in days if today - WEEK < day <= today):
            assert sum(begins <= day < begins + WEEK for day in days) <= state.protocol.max_routine_per_7_days


@given(sent=_asked(at_most=60))
@example(sent=_NOT_ASKED_FOR_WEEKS)
def test_a_question_s_turn_is_never_a_day_on_which_it_was_asked_however_long_ago(
    sent: tuple[tuple[str, datetime], ...],
) -> None:
    """Its key would be one that has had its turn, and the question would silently not be asked."""
    state = a_plan_that_asked(sent[-ROUTINE_KEPT:])
    scheduled = [turn for turn in routine_questions(*what_counts(state)) if turn.rule != "SCH-7"]
    assert {turn.question for turn in scheduled} == {one.ask for one in state.protocol.routine}
    for turn in scheduled:
        assert turn.at.date() not in {at.date() for question, at in sent if question == turn.question}


@given(sent=asked)
def test_the_earliest_question_is_known_before_the_others_have_found_their_turns(
    sent: tuple[tuple[str, datetime], ...],
) -> None:
    state = a_plan_that_asked(sent)
    earliest, everything = earliest_questions(*what_counts(state)), routine_questions(*what_counts(state))
    assert min(turn.at for turn in earliest) == min(turn.at for turn in everything)
    assert {turn for turn in everything if turn.at == min(one.at for one in everything)} <= set(earliest)


@given(
    sent=asked,
    put_off=st.dictionaries(
        st.sampled_from(("CHK-PAIN", "CHK-FLARE", "CHK-HOME", "CHK-GOAL", "CHK-BETTER")),
        st.integers(0, 40 * 24).map(lambda hours: NOW + timedelta(hours=hours)),
    ),
)
def test_a_question_that_was_put_off_waits_and_the_earliest_is_known_all_the_same(
    sent: tuple[tuple[str, datetime], ...], put_off: dict[str, datetime]
) -> None:
    waiting = tuple((question_key(question), until) for question, until in put_off.items())
    state = a_plan_that_asked(sent).but(put_off=waiting)
    everything = routine_questions(*what_counts(state))
    assert min(turn.at for turn in earliest_questions(*what_counts(state))) == min(
        turn.at for turn in everything
    )
    assert all(turn.at >= put_off.get(turn.question, turn.at) for turn in everything)


@given(sent=asked, left_out=st.lists(st.sets(st.integers(0, 19), max_size=3), min_size=1, max_size=6))
@example(sent=_TWICE, left_out=[set(), {0}])
def test_a_turn_is_the_same_whatever_was_looked_at_before(
    sent: tuple[tuple[str, datetime], ...], left_out: list[set[int]]
) -> None:
    """What is remembered of a question's last turn saves work and changes nothing: also where less was asked."""
    states = [
        a_plan_that_asked(tuple(one for place, one in enumerate(sent) if place not in without))
        for without in left_out
    ]
    forwards = [routine_questions(*what_counts(state)) for state in states]
    backwards = [routine_questions(*what_counts(state)) for state in reversed(states)]
    assert forwards == list(reversed(backwards))
