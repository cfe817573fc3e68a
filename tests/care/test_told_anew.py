"""Questions asked again: what is told now counts now, and what was told before is not told again."""

from __future__ import annotations

from datetime import date, timedelta

from care.opening import blocking
from care.screening import screen
from schemas.alerts import AlertReason
from schemas.commands import CloseAlert, Rescreen
from schemas.plan import Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency
from tests.care.plans import ALL_CLEAR, NOW, plan_for
from tests.care.played_plan import FRONT_DESK, PlayedPlan

NUMB: dict[str, dict[str, object]] = {"SCR-02": {"value": "new_or_worse"}}
BLANK: dict[str, dict[str, object]] = {"SCR-10": {"value": "knee", "region": "knee"}}
ANOTHER_BLANK: dict[str, dict[str, object]] = {"SCR-10": {"value": "knee", "still_told_limits": "no"}}


def running_after(answers: dict[str, dict[str, object]]) -> PlayedPlan:
    """A plan that started because somebody's document discharged what its form had found, two weeks ago."""
    played = PlayedPlan(plan_for(answers), NOW)
    for alert in played.state.alerts:
        played.must(CloseAlert(alert_id=alert.id, outcome="seen", note_id="note"))
    for approval in played.state.approvals:
        played.clear(date(2026, 5, 1), approval)
    played.approve(ApprovalKind.start)
    return played.until(NOW + timedelta(days=6))


def asked_again(played: PlayedPlan, answers: dict[str, dict[str, object]], *items: str) -> None:
    """These questions are put again; what was said of the others stands."""
    targets = played.state.protocol.target_regions
    result = screen(played.pack, {**ALL_CLEAR, **answers}, played.now.date(), targets)
    played.must(Rescreen(result=result, items=items), FRONT_DESK)


def test_an_emergency_that_was_dealt_with_is_not_texted_again_when_something_else_is_asked() -> None:
    played = running_after(NUMB)
    asked_again(played, NUMB, "SCR-21")
    assert played.stands(Stage.active)
    assert len(played.texts("MSG-CES")) == 1, "only when it was told"
    assert not played.has_alert(AlertReason.urgent_referral)


def test_no_letter_from_before_answers_an_emergency_that_is_told_anew() -> None:
    played = running_after(NUMB)
    asked_again(played, NUMB, "SCR-02")
    assert played.stands(Stage.suspended)
    assert len(played.texts("MSG-CES")) == 2
    assert played.alert(AlertReason.urgent_referral).urgency is Urgency.E0
    assert [held.hold.rule for held in blocking(played.state)] == ["SCR-02-a"]
    assert played.approval(ApprovalKind.clearance).proposal.reasons == ("SCR-02-a",)


def test_an_answer_that_makes_an_older_one_an_emergency_is_an_emergency_now() -> None:
    unwell: dict[str, dict[str, object]] = {"SCR-05": {"value": ["new_unsteady_or_clumsy_or_weak"]}}
    played = running_after(unwell)
    cancer: dict[str, object] = {
        "value": "past",
        "bone_spread": "no",
        "years_since_treatment": 9,
        "side_effects": ["none"],
        "region": "lumbar",
    }
    asked_again(played, {**unwell, "SCR-19": cancer}, "SCR-19")
    assert played.stands(Stage.suspended)
    assert played.alert(AlertReason.urgent_referral).rule == "SCR-05-a"
    assert len(played.texts("MSG-999")) == 1


def test_an_emergency_that_is_over_leaves_its_letter_in_the_record() -> None:
    played = running_after(NUMB)
    asked_again(played, {}, "SCR-02")
    assert played.stands(Stage.active)
    (held,) = played.state.screening.holds
    assert held.hold.rule == "SCR-02-a" and held.discharged_at is not None


def test_a_question_left_open_once_more_holds_again_whatever_cleared_the_first_gap_alg_8b() -> None:
    played = running_after(BLANK)
    asked_again(played, BLANK, "SCR-21")
    assert played.stands(Stage.active), "another question says nothing about this one"
    asked_again(played, ANOTHER_BLANK, "SCR-10")
    assert played.stands(Stage.suspended)
    assert [held.hold.rule for held in blocking(played.state)] == ["SCR-10-incomplete"]
