"""A re-screen lifts what was deferred; a clearance waits for its document."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from care.screening import rescreen_merge, screen
from schemas.rules import RulePack
from schemas.screening import HoldKind, ScreeningResult
from tests.care_rules.conftest import TODAY

Screened = Callable[..., ScreeningResult]
FEVER = {"SCR_11": {"value": ["fever_or_infection"]}}
KNOWN_CLOT = {"SCR_04": {"value": "under_3_months", "on_treatment": "yes"}}
NEW_NUMBNESS = {"SCR_02": {"value": "new_or_worse"}}


def test_a_fever_that_has_gone_no_longer_holds(screened: Screened) -> None:
    assert rescreen_merge(screened(**FEVER).holds, (), screened()) == ()


def test_a_fever_that_is_still_there_still_holds(screened: Screened) -> None:
    again = screened(**FEVER)
    assert rescreen_merge(again.holds, (), again) == again.holds


def test_saying_no_the_second_time_discharges_no_clearance(screened: Screened) -> None:
    for problem in (KNOWN_CLOT, NEW_NUMBNESS):
        before = screened(**problem).holds
        assert rescreen_merge(before, (), screened()) == before


def test_a_clearance_is_discharged_by_its_document(screened: Screened) -> None:
    before = screened(**KNOWN_CLOT).holds
    assert rescreen_merge(before, ("SCR-04-a",), screened()) == ()


def test_a_discharged_rule_that_matches_again_holds_unless_its_document_still_counts(
    screened: Screened,
) -> None:
    again = screened(**KNOWN_CLOT)
    assert rescreen_merge((), ("SCR-04-a",), again) == again.holds
    assert rescreen_merge((), ("SCR-04-a",), again, still_valid=("SCR-04-a",)) == ()


def test_an_incomplete_form_is_lifted_by_answering(
    pack: RulePack, all_clear: dict[str, Any], screened: Screened
) -> None:
    blank = screen(pack, {**all_clear, "SCR-21": {}}, TODAY)
    assert [hold.kind for hold in blank.holds] == [HoldKind.incomplete]
    assert rescreen_merge(blank.holds, (), screened()) == ()


def test_clearing_one_hold_never_clears_another(screened: Screened) -> None:
    both = screened(**KNOWN_CLOT, **NEW_NUMBNESS)
    left = rescreen_merge(both.holds, ("SCR-04-a",), screened())
    assert [hold.rule for hold in left] == ["SCR-02-a"]
