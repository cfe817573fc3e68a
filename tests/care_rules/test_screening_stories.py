"""What a form comes to: doubt goes to a person, the most restrictive finding wins, nothing clears by itself."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from care.screening import age_years, screen
from schemas.rules import RulePack
from schemas.screening import Disposition, HoldKind, ScreeningResult, Urgency
from tests.care_rules.conftest import TODAY

Screened = Callable[..., ScreeningResult]


def codes(result: ScreeningResult) -> set[str]:
    return {one.code for one in result.restrictions}


def rules(result: ScreeningResult) -> set[str]:
    return {one.rule for one in result.findings}


def test_an_all_clear_form_holds_nothing(screened: Screened) -> None:
    result = screened()
    assert (result.overall, result.urgency, result.message) == (Disposition.clear, None, None)
    assert (result.findings, result.holds, result.restrictions, result.incomplete) == ((), (), (), ())


def test_a_form_nobody_filled_in_is_incomplete_and_blocks_the_plan(pack: RulePack) -> None:
    result = screen(pack, {}, TODAY)
    assert result.overall is Disposition.needs_clearance
    assert set(result.incomplete) == {f"SCR-{n:02}" for n in range(1, 26)} | {
        "SCR-16.worst_24h",
        "SCR-16.sharp",
    }
    assert {hold.kind for hold in result.holds} == {HoldKind.incomplete}
    assert {hold.owner for hold in result.holds} == {"treating_physiotherapist"}


@pytest.mark.parametrize("item", [f"SCR-{n:02}" for n in range(1, 26)])
def test_leaving_any_item_blank_never_clears(pack: RulePack, all_clear: dict[str, Any], item: str) -> None:
    result = screen(pack, {**all_clear, item: {}}, TODAY)
    assert item in result.incomplete
    assert result.overall.severity >= Disposition.needs_clearance.severity


@pytest.mark.parametrize("item", [f"SCR-{n:02}" for n in range(1, 26) if n not in (16, 24)])
def test_being_unsure_of_any_item_goes_to_a_person(
    pack: RulePack, all_clear: dict[str, Any], item: str
) -> None:
    answer: Any = "unsure" if pack.items[item].type == "choice" else ["unsure"]
    result = screen(pack, {**all_clear, item: {**all_clear[item], "value": answer}}, TODAY)
    assert result.overall.severity >= Disposition.needs_clearance.severity
    assert result.holds
    assert result.incomplete == ()


def test_an_unsure_item_without_its_own_rule_takes_the_packs_default(screened: Screened) -> None:
    result = screened(SCR_09={"value": "unsure"})
    (hold,) = result.holds
    assert (hold.rule, hold.owner, hold.document) == (
        "SCR-09-unsure",
        "treating_physiotherapist",
        "therapist_review_note",
    )
    assert result.urgency is Urgency.E2


def test_an_unsure_tick_that_a_rule_judges_is_judged_once(screened: Screened) -> None:
    assert rules(screened(SCR_12={"value": ["unsure"]})) == {"SCR-12-d"}


def test_a_region_hold_leaves_the_rest_of_the_body_to_work_on(screened: Screened) -> None:
    sprain = {"value": "yes", "date": "2026-01-27", "region": "ankle_foot", "severe": ["none"], "seen": "yes"}
    result = screened(("ankle_foot", "neck"), SCR_07=sprain)
    assert result.overall is Disposition.modify
    assert result.region_holds == ("ankle_foot",)
    assert "R-EXCL-REGION" in codes(result)
    assert result.earliest_restart == date(2026, 2, 3)


def test_when_every_target_region_is_held_the_plan_is_held(screened: Screened) -> None:
    sprain = {"value": "yes", "date": "2026-01-27", "region": "ankle_foot", "severe": ["none"], "seen": "yes"}
    assert screened(("ankle_foot",), SCR_07=sprain).overall is Disposition.defer


def test_a_held_region_counts_for_its_parts(screened: Screened) -> None:
    flare = {"value": ["flare_now"], "region": "leg_whole"}
    result = screened(("knee",), SCR_13=flare)
    assert result.overall is Disposition.defer
    assert set(result.region_holds) == {"leg_whole", "hip", "knee", "ankle_foot"}
    assert [hold.region for hold in result.holds] == ["leg_whole"]


@pytest.mark.parametrize("region", [None, "whole_body"])
def test_a_region_finding_without_a_region_holds_the_plan(screened: Screened, region: str | None) -> None:
    result = screened(SCR_13={"value": ["flare_now"], "region": region})
    assert result.overall is Disposition.defer
    assert result.region_holds == ()


def test_several_regions_in_one_answer_are_each_held(screened: Screened) -> None:
    result = screened(SCR_13={"value": ["flare_now"], "region": ["knee", "hip"], "side": "left"})
    assert result.region_holds == ("hip", "knee")
    assert {(hold.region, hold.side) for hold in result.holds} == {("hip", "left"), ("knee", "left")}


def test_one_emergency_text_goes_out_and_cauda_equina_comes_first(screened: Screened) -> None:
    result = screened(
        SCR_01={"value": "now"}, SCR_02={"value": "new_or_worse"}, SCR_06={"value": ["stroke_signs_now"]}
    )
    assert (result.urgency, result.message) == (Urgency.E0, "MSG-CES")
    assert len([hold for hold in result.holds if hold.kind is HoldKind.refer_urgent]) == 3


def test_a_surgery_date_makes_a_defer_with_its_day_and_its_own_document(screened: Screened) -> None:
    operation = {"value": "yes", "procedure": "x", "date": "2026-01-01", "region": "knee", "wound": "yes"}
    result = screened(SCR_09=operation)
    kinds = {hold.kind: hold for hold in result.holds}
    assert kinds[HoldKind.defer].not_before == date(2026, 1, 1) + timedelta(days=42)
    assert kinds[HoldKind.defer].rescreen_on == TODAY + timedelta(days=14)
    assert (kinds[HoldKind.clearance].owner, kinds[HoldKind.clearance].document) == (
        "surgical_team",
        "postop_protocol",
    )


def test_the_same_operation_is_judged_anew_as_weeks_pass(pack: RulePack, all_clear: dict[str, Any]) -> None:
    operation = {"value": "yes", "procedure": "x", "date": "2026-01-01", "region": "knee", "wound": "yes"}
    form = {**all_clear, "SCR-09": operation}
    after = {days: screen(pack, form, date(2026, 1, 1) + timedelta(days=days)) for days in (41, 42, 83, 84)}
    assert [rules(after[days]) for days in (41, 42, 83, 84)] == [
        {"SCR-09-b"},
        {"SCR-09-c"},
        {"SCR-09-c"},
        {"SCR-09-d"},
    ]


@pytest.mark.parametrize("slip", [2024, 101])
def test_a_year_written_where_years_are_asked_is_never_a_long_time_ago(screened: Screened, slip: int) -> None:
    """SCR-19-c lets five years pass: 2024 years would have let it pass at once."""
    past = {"value": "past", "bone_spread": "no", "side_effects": ["none"], "region": "hip"}
    assert screened(SCR_19={**past, "years_since_treatment": 6}).overall is Disposition.clear
    result = screened(SCR_19={**past, "years_since_treatment": slip})
    assert result.overall is Disposition.needs_clearance
    assert "SCR-19.years_since_treatment" in result.incomplete


def test_a_blood_pressure_that_nobody_has_is_asked_for_again(screened: Screened) -> None:
    told = {"value": ["bp_controlled"], "bp_symptoms": "no"}
    assert "SCR-17.systolic" in screened(SCR_17={**told, "systolic": 18, "diastolic": 80}).incomplete
    assert not screened(SCR_17={**told, "systolic": 128, "diastolic": 80}).incomplete


def test_cancer_in_the_past_makes_night_pain_urgent(screened: Screened) -> None:
    night_pain = {"value": ["night_pain_constant"]}
    past = {
        "value": "past",
        "bone_spread": "no",
        "years_since_treatment": 10,
        "side_effects": ["none"],
        "region": "lumbar",
    }
    assert screened(SCR_05=night_pain).overall is Disposition.needs_clearance
    assert screened(SCR_05=night_pain, SCR_19=past).overall is Disposition.refer_urgent


def test_an_answer_that_cannot_be_read_counts_as_blank(screened: Screened) -> None:
    result = screened(SCR_16={"value": 12, "worst_24h": 4, "sharp": "no"})
    assert result.incomplete == ("SCR-16",)
    assert result.overall is Disposition.needs_clearance


def test_a_date_in_the_future_is_not_believed(screened: Screened) -> None:
    sprain = {"value": "yes", "date": "2026-03-01", "region": "knee", "severe": ["none"], "seen": "yes"}
    result = screened(SCR_07=sprain)
    assert result.incomplete == ("SCR-07.date",)
    assert "SCR-07-d" in rules(result)


def test_none_beside_a_positive_answer_contradicts_itself_and_a_person_looks(screened: Screened) -> None:
    result = screened(SCR_12={"value": ["none", "told_osteoporosis"]})
    assert result.incomplete == ("SCR-12",)
    assert {"SCR-12-c", "SCR-12-incomplete"} <= rules(result)


def test_an_unknown_tick_does_not_hide_the_known_one(screened: Screened) -> None:
    result = screened(SCR_06={"value": ["stroke_signs_now", "made_up"]})
    assert (result.overall, result.message) == (Disposition.refer_urgent, "MSG-999")
    assert result.incomplete == ("SCR-06",)


def test_the_clients_own_words_never_enter_a_result(screened: Screened) -> None:
    words = "Dr Who removed my spleen"
    result = screened(
        SCR_09={"value": "yes", "procedure": words, "date": "2026-01-01", "region": "pelvis", "wound": "yes"},
        SCR_23={"value": ["other"], "detail": words},
    )
    assert "spleen" not in result.as_json()


def test_a_date_of_birth_is_judged_as_the_age_on_the_day(pack: RulePack, all_clear: dict[str, Any]) -> None:
    born = {**all_clear, "SCR-24": {"value": "2008-02-01"}}
    assert rules(screen(pack, born, date(2026, 1, 31))) == {"SCR-24-b"}
    assert rules(screen(pack, born, date(2026, 2, 1))) == set()


@pytest.mark.parametrize(
    ("born", "today", "age"),
    [
        (date(2008, 2, 29), date(2026, 2, 28), 17),
        (date(2008, 2, 29), date(2026, 3, 1), 18),
        (date(1960, 1, 31), date(2026, 1, 31), 66),
    ],
)
def test_age_turns_on_the_birthday(born: date, today: date, age: int) -> None:
    assert age_years(born, today) == age


def test_an_unknown_side_restricts_both(screened: Screened) -> None:
    result = screened(SCR_04={"value": "under_3_months", "on_treatment": "yes"})
    (leg,) = (one for one in result.restrictions if one.code == "R-EXCL-REGION")
    assert (leg.region, leg.side) == ("leg_whole", None)


CONTRADICTIONS: tuple[tuple[str, dict[str, Any], str], ...] = (
    (
        "no swollen leg, but breathless with it",
        {"SCR_03": {"value": "no", "breathless": "yes"}},
        "SCR-03.breathless",
    ),
    (
        "no cancer, but radiotherapy",
        {"SCR_19": {"value": "no", "side_effects": ["radiotherapy_area"]}},
        "SCR-19.side_effects",
    ),
    (
        "no medicine, but tendon pain since it",
        {"SCR_22": {"value": ["none"], "tendon_pain": "yes"}},
        "SCR-22.tendon_pain",
    ),
    (
        "the worst pain below the pain now",
        {"SCR_16": {"value": 5, "worst_24h": 3, "sharp": "no"}},
        "SCR-16.worst_24h",
    ),
    (
        "signs of very high pressure, and no reading of it",
        {"SCR_17": {"value": ["none"], "bp_symptoms": "yes"}},
        "SCR-17",
    ),
    ("never a clot, but a past clot", {"SCR_03": {"value": "no", "risk": ["past_clot"]}}, "SCR-04"),
    (
        "no operation, but a caesarean",
        {"SCR_20": {"value": "had_baby", "weeks": 8, "problems": ["caesarean"]}},
        "SCR-09",
    ),
)


@pytest.mark.parametrize(
    ("answers", "asked"), [one[1:] for one in CONTRADICTIONS], ids=[one[0] for one in CONTRADICTIONS]
)
def test_answers_that_contradict_each_other_go_to_a_person(
    screened: Screened, answers: dict[str, Any], asked: str
) -> None:
    result = screened(**answers)
    assert asked in result.incomplete
    assert result.overall.severity >= Disposition.needs_clearance.severity
    assert HoldKind.incomplete in {hold.kind for hold in result.holds}


def test_a_measured_pressure_beside_no_heart_problem_contradicts_nothing(screened: Screened) -> None:
    assert screened(SCR_17={"value": ["none"], "systolic": 124, "diastolic": 78}).incomplete == ()
