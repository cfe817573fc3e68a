"""The disposition algebra (ALG-1 … ALG-7): order-free, repeat-safe, only ever more cautious, nothing lost."""

from __future__ import annotations

import copy
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from care.pack import builtin
from care.screening import join, screen
from schemas.rules_form import AnswerType, ScreeningItem
from schemas.screening import Disposition, ScreeningResult, Urgency
from tests.care_rules.conftest import TODAY

PACK = builtin()
ALL_CLEAR: dict[str, Any] = PACK.screening_test_vectors["all_clear"]
REGIONS = PACK.enums.regions
quickly = settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])


def answer_to(kind: AnswerType, options: tuple[str, ...]) -> st.SearchStrategy[Any]:
    """Anything a client may answer to such a question, blank included."""
    readable: dict[AnswerType, st.SearchStrategy[Any]] = {
        AnswerType.choice: st.sampled_from(options or ("no",)),
        AnswerType.multi: st.lists(st.sampled_from(options or ("none",)), unique=True, max_size=3),
        AnswerType.region: st.sampled_from(REGIONS) | st.lists(st.sampled_from(REGIONS), max_size=4),
        AnswerType.date: st.dates(TODAY - timedelta(days=120), TODAY + timedelta(days=3)).map(str),
        AnswerType.int: st.integers(0, 200),
        AnswerType.int_0_10: st.integers(0, 11),
        AnswerType.age_years: st.integers(0, 100),
    }
    return st.none() | readable.get(kind, st.text(max_size=5))


def answers_to(item: ScreeningItem) -> st.SearchStrategy[dict[str, Any]]:
    fields = {sub.f: answer_to(sub.type, sub.options) for sub in item.subfields}
    return st.fixed_dictionaries({"value": answer_to(item.type, item.options), **fields})


@st.composite
def forms(draw: st.DrawFn) -> dict[str, Any]:
    """An all-clear form with up to four items answered in any way."""
    form = copy.deepcopy(ALL_CLEAR)
    for item in draw(
        st.lists(st.sampled_from(PACK.screening.items), max_size=4, unique_by=lambda one: one.id)
    ):
        form[item.id] = draw(answers_to(item))
    return form


TARGETS = ("neck", "knee")
TREATED = (TARGETS, ("leg_whole",), ("whole_body",), ("knee", "leg_whole", "neck"))
PLANS = ((None, None), ("post_surgical", None), ("athlete", "post_surgical_joint"))


@st.composite
def results(draw: st.DrawFn, forms_of: int) -> tuple[ScreeningResult, ...]:
    """So many forms of one plan, whatever it treats and whomever."""
    targets, (profile, condition) = draw(st.sampled_from(TREATED)), draw(st.sampled_from(PLANS))
    return tuple(
        screen(PACK, draw(forms()), TODAY, targets, profile=profile, condition=condition)
        for _ in range(forms_of)
    )


def at_least_as_cautious(one: ScreeningResult, other: ScreeningResult) -> bool:
    """Nothing that `other` asks for is missing in `one`."""
    urgent = Urgency.most_urgent((one.urgency, other.urgency)) == one.urgency
    return (
        one.overall.severity >= other.overall.severity
        and urgent
        and set(one.holds) >= set(other.holds)
        and set(one.restrictions) >= set(other.restrictions)
        and set(one.region_holds) >= set(other.region_holds)
        and set(one.incomplete) >= set(other.incomplete)
        and set(one.findings) >= set(other.findings)
        and (other.earliest_restart or date.min) <= (one.earliest_restart or date.min)
        and (other.rescreen_on or date.max) >= (one.rescreen_on or date.max)
    )


@quickly
@given(results(2))
def test_the_order_of_findings_does_not_matter(found: tuple[ScreeningResult, ...]) -> None:
    a, b = found
    assert join((a, b)) == join((b, a))


@quickly
@given(results(3))
def test_how_findings_are_grouped_does_not_matter(found: tuple[ScreeningResult, ...]) -> None:
    a, b, c = found
    assert join((join((a, b)), c)) == join((a, join((b, c)))) == join((a, b, c))


@quickly
@given(results(1))
def test_a_finding_counts_once(found: tuple[ScreeningResult, ...]) -> None:
    (a,) = found
    assert join((a, a)) == join((a,)) == a


@quickly
@given(results(2))
def test_more_findings_are_never_less_cautious_and_no_hold_is_lost(
    found: tuple[ScreeningResult, ...],
) -> None:
    a, b = found
    assert at_least_as_cautious(join((a, b)), a)
    assert at_least_as_cautious(join((a, b)), b)


@quickly
@given(forms(), st.randoms())
def test_the_same_form_gives_the_same_result_in_any_order(form: dict[str, Any], random: Any) -> None:
    shuffled = list(form.items())
    random.shuffle(shuffled)
    assert screen(PACK, dict(shuffled), TODAY) == screen(PACK, form, TODAY)


@quickly
@given(forms())
def test_a_no_means_the_same_with_blanks_beside_it(form: dict[str, Any]) -> None:
    """What a plain no calls for is judged once for all forms; beside a blank, it is judged with the others."""
    beside_blanks = {item: {**answers, "side": ""} for item, answers in form.items()}
    assert screen(PACK, beside_blanks, TODAY, TARGETS) == screen(PACK, form, TODAY, TARGETS)


@quickly
@given(forms(), st.sampled_from(sorted(PACK.items)))
def test_blanking_an_item_never_lets_a_client_through(form: dict[str, Any], item: str) -> None:
    result = screen(PACK, {**form, item: None}, TODAY)
    assert result.overall.severity >= Disposition.needs_clearance.severity


leg_parts = st.lists(st.sampled_from(PACK.enums.region_contains["leg_whole"]), unique=True, max_size=3)


@quickly
@given(forms(), leg_parts)
def test_a_plan_for_the_leg_is_held_as_one_for_its_parts_is(form: dict[str, Any], held: list[str]) -> None:
    form["SCR-13"] = {"value": ["severe" if held else "none"], "region": held}
    whole, parts = (
        screen(PACK, form, TODAY, targets) for targets in (("leg_whole",), ("hip", "knee", "ankle_foot"))
    )
    assert (whole.overall, whole.holds) == (parts.overall, parts.holds)


@quickly
@given(forms())
def test_every_restriction_to_a_held_region_is_written_out(form: dict[str, Any]) -> None:
    result = screen(PACK, form, TODAY)
    excluded = {one.region for one in result.restrictions if one.code == "R-EXCL-REGION"}
    assert set(result.region_holds) <= excluded


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


item_answers = json_values | st.dictionaries(
    st.sampled_from(["value", "date", "region", "side"]), json_values
)


@quickly
@given(st.dictionaries(st.sampled_from([*PACK.items, "SCR-99"]), item_answers))
def test_no_answer_whatever_breaks_the_screening(answers: dict[str, Any]) -> None:
    assert screen(PACK, answers, TODAY).overall.severity >= Disposition.needs_clearance.severity


def test_results_of_different_packs_or_plans_are_not_joined() -> None:
    one = screen(PACK, ALL_CLEAR, TODAY, ("neck",))
    other = screen(PACK, ALL_CLEAR, TODAY, ("knee",))
    with pytest.raises(ValueError, match="screen again with one"):
        join((one, other))
    with pytest.raises(ValueError, match="nothing to join"):
        join(())
