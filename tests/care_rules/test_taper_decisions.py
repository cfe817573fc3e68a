"""The taper proposes, in a fixed order of caution; missing data never steps down, noise never moves a step."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from care.pack import builtin
from care.taper import ORDER, evaluate, pain_ok_for_lasting_pain, policy_from
from schemas.rules import RulePack
from schemas.taper import Step, TaperDecision, TaperInputs, TaperVerdict

PACK = builtin()
POLICY = policy_from(PACK)
READY = next(one["in"] for one in PACK.taper_policy.test_vectors if one["id"] == "TV-01")
quickly = settings(max_examples=150, deadline=None)


def decide(**changes: Any) -> TaperDecision:
    """The proposal for a client ready to step down from weekly visits, with some things different."""
    given = {**READY}
    for key, value in changes.items():
        given[key] = {**READY[key], **value} if isinstance(value, dict) else value
    return evaluate(POLICY, TaperInputs.read(given))


def test_a_client_may_always_stop_even_in_an_emergency() -> None:
    decision = decide(client_stop=True, open={"e01": 1})
    assert decision.verdict is TaperVerdict.STOP_CLIENT_CHOICE
    assert decision.reasons == ("TAP-STOP",)
    assert "TAP-SUS-1" in decision.also


@pytest.mark.parametrize(
    ("changes", "verdict", "reason"),
    [
        ({"open": {"hold": 1}}, "SUSPEND", "TAP-SUS-1"),
        ({"open": {"ae": 3}}, "SUSPEND", "TAP-SUS-1"),
        ({"screening_valid": False}, "SUSPEND", "TAP-SUS-2"),
        ({"step": "S0", "flare": {"longest_h": 49}}, "ESCALATE", "TAP-ESC-2"),
        ({"step_ups_84d": 1, "flare": {"count_28d": 2}}, "ESCALATE", "TAP-ESC-3"),
        ({"sessions_since_review": 9}, "ESCALATE", "TAP-ESC-4"),
        ({"days_since_review": 84}, "ESCALATE", "TAP-ESC-4"),
        ({"adherence_28d": 49}, "ESCALATE", "TAP-ESC-5"),
        ({"missed_run": 3}, "ESCALATE", "TAP-ESC-6"),
        ({"days_no_contact": 42}, "ESCALATE", "TAP-ESC-6"),
        ({"reviews_no_change": 2}, "ESCALATE", "TAP-DIS-2"),
        ({"open": {"e2": 1}}, "HOLD", "TAP-FRZ-1"),
        ({"open": {"ae": 2}}, "HOLD", "TAP-FRZ-1"),
        ({"flare": {"count_28d": 2, "days_since": 20}}, "PROPOSE_STEP_UP", "TAP-UP-1"),
        ({"pain": {"recent": [3, 7, 7]}}, "PROPOSE_STEP_UP", "TAP-UP-2"),
        ({"primary": {"values": [6, 4, 4]}}, "PROPOSE_STEP_UP", "TAP-UP-3"),
    ],
)
def test_each_rule_leads_to_its_decision(changes: dict[str, Any], verdict: str, reason: str) -> None:
    decision = decide(**changes)
    assert (decision.verdict, decision.reasons[0]) == (verdict, reason)


@pytest.mark.parametrize(
    ("changes", "failing"),
    [
        ({"primary": {"values": [5, 5.5, 4], "best_at_step": 5.5}}, "not_D1"),
        ({"pain": {"recent": [3, 3, 4]}}, "not_D2"),
        ({"flare": {"count_28d": 1, "longest_h": 5, "days_since": 13}}, "not_D3"),
        ({"adherence_28d": 74}, "not_D4"),
        ({"days_at_step": 20}, "not_D5"),
        ({"sessions_at_step": 2}, "not_D5"),
        ({"checkins_answered_of_3": 1}, "not_D6"),
        ({"days_since_step_up": 27}, "not_D8"),
        ({"review_overdue": True}, "not_D9"),
    ],
)
def test_one_failing_condition_holds_and_is_named(changes: dict[str, Any], failing: str) -> None:
    decision = decide(**changes)
    assert (decision.verdict, decision.reasons) == (TaperVerdict.HOLD, (failing,))


@pytest.mark.parametrize(
    "changes",
    [
        {"pain": {"recent": [3, 3, 3]}},
        {"flare": {"count_28d": 1, "longest_h": 48, "days_since": 14}},
        {"adherence_28d": 75},
        {"days_at_step": 21, "sessions_at_step": 3},
        {"checkins_answered_of_3": 2, "silent_run": 2},
        {"days_since_step_up": 28},
        {"sessions_since_review": 8, "days_since_review": 83},
        {"missed_run": 2, "days_no_contact": 41, "reviews_no_change": 1},
        {"pain": {"at_step_entry": 1, "recent": [3, 3, 2]}},
    ],
)
def test_exactly_at_every_limit_the_client_may_still_step_down(changes: dict[str, Any]) -> None:
    assert decide(**changes).verdict is TaperVerdict.PROPOSE_STEP_DOWN


def test_half_of_what_was_planned_holds_and_less_than_half_escalates() -> None:
    assert decide(adherence_28d=50).reasons == ("not_D4",)
    assert decide(adherence_28d=49.9).reasons == ("TAP-ESC-5",)


@pytest.mark.parametrize(
    ("changes", "failing", "note"),
    [
        ({"pain": {"recent": [3, None, 2]}}, "not_D2", "MISSING"),
        ({"pain": {"recent": [3, 2]}}, "not_D2", "MISSING"),
        ({"primary": {"values": [5, None, 6]}}, "not_D1", "MISSING"),
        ({"primary": {"values": [], "weeks": []}}, "not_D1", "MISSING"),
        ({"primary": {"target": None}}, "not_D1", "MISSING"),
        ({"adherence_28d": None}, "not_D4", "MISSING"),
        ({"flare": {"count_28d": None}}, "not_D3", "MISSING"),
        ({"silent_run": 3}, "not_D6", "SILENT"),
    ],
)
def test_missing_data_holds_and_says_so(changes: dict[str, Any], failing: str, note: str) -> None:
    decision = decide(**changes)
    assert decision.verdict is TaperVerdict.HOLD
    assert failing in decision.reasons
    assert note in decision.notes


def test_silence_does_not_hide_a_worsening() -> None:
    decision = decide(silent_run=4, pain={"recent": [3, 7, 7]})
    assert (decision.verdict, decision.to) == (TaperVerdict.PROPOSE_STEP_UP, Step.S0)
    assert decision.notes == ("SILENT",)


def test_two_bad_readings_within_two_days_count_as_one() -> None:
    assert decide(pain={"recent": [3, 7, 7], "last_gap_hours": 20}).verdict is TaperVerdict.HOLD
    assert decide(pain={"recent": [3, 7, 7], "last_gap_hours": 48}).verdict is TaperVerdict.PROPOSE_STEP_UP


@pytest.mark.parametrize(
    ("recent", "hours_before", "confirmed"),
    [
        ([3, 7, 7], [168, 48, 0], True),
        ([3, 7, 7], [168, 47.9, 0], False),
        ([7, 7, 7], [72, 40, 0], True),
        ([7, 3, 7], [72, 40, 0], True),
        ([7, 3, 7], [168, 72, 0], False),
        ([7, None, 7], [72, 40, 0], True),
        ([7, 7, None], [40, 0, -72], False),
        ([3, 4, 7], [168, 72, 0], False),
    ],
)
def test_a_rise_is_confirmed_by_the_latest_reading_two_days_before_the_last_tap_up_2(
    recent: list[float | None], hours_before: list[float], confirmed: bool
) -> None:
    """What was said in between is too near to the last to say anything of its own."""
    decision = decide(pain={"recent": recent, "hours_before": hours_before})
    assert ("TAP-UP-2" in decision.reasons) is confirmed


def test_a_measure_that_should_fall_is_judged_the_other_way_round() -> None:
    stiffness = {"mcid": 2, "baseline": 8, "target": 2, "best_at_step": 4, "values": [5, 4.5, 4]}
    assert decide(primary=stiffness).verdict is TaperVerdict.PROPOSE_STEP_DOWN
    slipped = {**stiffness, "values": [4, 6, 7]}
    assert decide(primary=slipped).reasons == ("TAP-UP-3",)


def test_the_last_step_has_nothing_below_it() -> None:
    decision = decide(step="S4", days_at_step=200, primary={"values": [7.5, 7.5, 7.5], "weeks": [10, 11, 12]})
    assert (decision.verdict, decision.reasons, decision.notes) == (TaperVerdict.HOLD, (), ("LAST_STEP",))


def test_no_progress_is_remarked_on_at_four_sessions_and_reviewed_at_six() -> None:
    stuck = {"values": [3, 3, 3], "best_at_step": 3}
    sore = {"recent": [6, 6, 5]}
    assert decide(primary=stuck, pain=sore, sessions_since_review=4).soft_flags == ("no_progress_warning",)
    assert decide(primary=stuck, pain=sore, sessions_since_review=6).reasons == ("TAP-ESC-1",)


def test_unknown_progress_is_no_progress() -> None:
    unknown = decide(
        primary={"values": [], "weeks": [], "best_at_step": None},
        pain={"recent": []},
        sessions_since_review=6,
    )
    assert unknown.reasons == ("TAP-ESC-1",)


def test_a_condition_may_tighten_the_hard_review() -> None:
    tight = policy_from(PACK, "sciatica_like")
    assert (tight.hard_review_sessions, tight.hard_review_days) == (6, 42)
    assert policy_from(PACK, "back_pain").hard_review_days == 84


def test_the_override_for_lasting_pain_never_goes_above_five() -> None:
    assert pain_ok_for_lasting_pain(POLICY, 6) == pytest.approx(4.2)
    assert pain_ok_for_lasting_pain(POLICY, 10) == 5


def test_the_pack_states_the_engines_order() -> None:
    assert PACK.taper_policy.order == ORDER


def test_an_edited_parameter_takes_effect(pack: RulePack) -> None:
    stricter = POLICY.but(pain_ok_max=2)
    assert evaluate(stricter, TaperInputs.read(READY)).reasons == ("not_D2",)


# -- whatever the trend ------------------------------------------------------------------------------

scores = st.none() | st.floats(0, 10, allow_nan=False).map(lambda value: round(value, 1))
trends = st.fixed_dictionaries(
    {
        "step": st.sampled_from(Step),
        "days_at_step": st.integers(0, 200),
        "sessions_at_step": st.integers(0, 10),
        "days_since_step_up": st.none() | st.integers(0, 100),
        "step_ups_84d": st.integers(0, 2),
        "planned_weeks": st.integers(4, 26),
        "primary": st.fixed_dictionaries(
            {
                "mcid": st.none() | st.just(2),
                "baseline": scores,
                "target": scores,
                "best_at_step": scores,
                "values": st.lists(scores, min_size=3, max_size=3),
                "weeks": st.lists(st.floats(0, 30), min_size=3, max_size=3),
            }
        ),
        "pain": st.fixed_dictionaries(
            {"baseline": scores, "at_step_entry": scores, "recent": st.lists(scores, max_size=4)}
        ),
        "flare": st.fixed_dictionaries(
            {
                "count_28d": st.none() | st.integers(0, 3),
                "longest_h": st.integers(0, 80),
                "days_since": st.none() | st.integers(0, 60),
            }
        ),
        "adherence_28d": st.none() | st.integers(0, 100),
        "checkins_answered_of_3": st.integers(0, 3),
        "silent_run": st.integers(0, 4),
        "sessions_since_review": st.integers(0, 10),
        "days_since_review": st.integers(0, 100),
        "review_overdue": st.booleans(),
        "open": st.fixed_dictionaries({"e01": st.integers(0, 1), "e2": st.integers(0, 1), "ae": st.integers(0, 4)}),
        "screening_valid": st.booleans(),
        "client_stop": st.booleans(),
    }
)  # fmt: skip
DOWNWARD = (TaperVerdict.PROPOSE_STEP_DOWN, TaperVerdict.PROPOSE_DISCHARGE)
RANK = {verdict: place for place, verdict in enumerate(TaperVerdict)}


@quickly
@given(trends)
def test_fewer_visits_are_proposed_only_on_complete_good_data(given_trend: dict[str, Any]) -> None:
    inputs = TaperInputs.read(given_trend)
    decision = evaluate(POLICY, inputs)
    if decision.verdict in DOWNWARD:
        assert "MISSING" not in decision.notes
        assert "SILENT" not in decision.notes
        assert all(pain is not None and pain <= POLICY.pain_ok_max for pain in inputs.pain.recent[-3:])
        assert inputs.screening_valid
        assert inputs.open.e01 == inputs.open.e2 == inputs.open.ae == 0


@quickly
@given(trends, st.sampled_from(["pain", "primary", "adherence", "answers"]))
def test_losing_data_never_leads_to_fewer_visits(given_trend: dict[str, Any], lost: str) -> None:
    missing: dict[str, Any] = {
        "pain": {"pain": {**given_trend["pain"], "recent": [None, None, None]}},
        "primary": {"primary": {**given_trend["primary"], "values": [None, None, None]}},
        "adherence": {"adherence_28d": None},
        "answers": {"silent_run": 3},
    }
    verdict = evaluate(POLICY, TaperInputs.read({**given_trend, **missing[lost]})).verdict
    assert verdict not in DOWNWARD


@quickly
@given(trends)
def test_the_order_of_precedence_is_kept(given_trend: dict[str, Any]) -> None:
    worse = {**given_trend, "open": {"e01": 1}}
    verdict = evaluate(POLICY, TaperInputs.read(worse)).verdict
    assert RANK[verdict] <= RANK[TaperVerdict.SUSPEND]
    stopping = evaluate(POLICY, TaperInputs.read({**worse, "client_stop": True}))
    assert stopping.verdict is TaperVerdict.STOP_CLIENT_CHOICE


@quickly
@given(st.integers(0, 2), st.floats(0, 10), st.floats(0, 10))
def test_a_single_noisy_reading_never_moves_a_step(place: int, pain: float, function: float) -> None:
    calm, steady = [2.0, 2.0, 2.0], [6.0, 6.0, 6.0]
    calm[place], steady[place] = pain, function
    level = {"mcid": 2, "baseline": 3, "target": 8, "best_at_step": 6, "weeks": [4, 5, 6], "values": steady}
    steps = decide(pain={"recent": calm, "at_step_entry": 2}, primary=level, days_at_step=10)
    assert steps.verdict is TaperVerdict.HOLD


@quickly
@given(st.lists(st.integers(-1, 1), min_size=3, max_size=3))
def test_noise_of_one_point_proposes_no_more_visits(noise: list[int]) -> None:
    wobbling = [3 + one for one in noise]
    assert decide(pain={"recent": wobbling, "at_step_entry": 3}).verdict is not TaperVerdict.PROPOSE_STEP_UP
