"""ALG-6: a region that contains others is held once all of its parts are; a held part is left out of the work."""

from __future__ import annotations

from typing import Any

import pytest

from care import pack as packs
from care.assessing import items_needed
from care.body import touching
from care.held_regions import kept_out
from care.opening import blocking
from care.screening import screen_again
from care.session_sheet import session_sheet
from care.technique_limits import allowed_techniques
from schemas.commands import DecideApproval, Decision, Rescreen
from schemas.plan import Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Disposition, Restriction
from tests.care.plans import ALL_CLEAR, NOW, plan_for
from tests.care.played_plan import PlayedPlan
from tests.care.test_changed_regions import FLARE_IN_THE_LEG, UNCHECKED_KNEE, Answers, treat, treated

PACK = packs.builtin()
LETTER_UNTIL = NOW.date().replace(year=2027)


def flare(*regions: str, **more: Any) -> Answers:
    """Severe arthritis in these joints: each is held until a physiotherapist has looked."""
    return {"SCR-13": {"value": ["severe"], "region": list(regions), **more}}


WHOLE_LEG_IN_PARTS = flare("hip", "knee", "ankle_foot")


def cleared(played: PlayedPlan, region: str) -> None:
    """The physiotherapist's review of one held region."""
    (asked,) = (one for one in played.state.approvals if (one.proposal.hold_key or "").endswith(region))
    played.clear(LETTER_UNTIL, asked)


def asked_again(played: PlayedPlan, answers: Answers) -> None:
    """The whole form once more."""
    form = {**ALL_CLEAR, **answers}
    played.must(Rescreen(result=screen_again(PACK, form, played.now.date(), played.state.protocol)))


# -- held whole -------------------------------------------------------------------------------------------


def test_a_leg_is_held_once_hip_knee_and_foot_are() -> None:
    opened = PlayedPlan(plan_for(WHOLE_LEG_IN_PARTS, targets=("leg_whole",)), NOW)
    assert opened.stands(Stage.awaiting_clearance)
    assert opened.state.screening.overall is Disposition.needs_clearance
    assert len(blocking(opened.state)) == 3
    cleared(opened, "knee")
    assert opened.stands(Stage.awaiting_approval), "the knee may be worked on"
    opened.approve(ApprovalKind.start)
    assert opened.stands(Stage.active)


def test_a_leg_of_which_a_part_is_free_is_treated_there() -> None:
    opened = PlayedPlan(plan_for(flare("hip", "knee"), targets=("leg_whole",)), NOW)
    assert opened.stands(Stage.awaiting_approval)
    assert opened.state.screening.overall is Disposition.modify
    assert {one.region for one in kept_out(PACK, opened.state.protocol)} == {"hip", "knee"}


def test_whole_body_plans_stand_still_once_every_part_is_held() -> None:
    parts = [one for one in PACK.enums.regions if one not in ("leg_whole", "whole_body")]
    opened = PlayedPlan(plan_for(flare(*parts), targets=("whole_body",)), NOW)
    assert opened.stands(Stage.awaiting_clearance)
    cleared(opened, "elbow")
    assert opened.stands(Stage.awaiting_approval)
    by_the_leg = [one for one in parts if one not in ("hip", "knee", "ankle_foot")] + ["leg_whole"]
    assert PlayedPlan(plan_for(flare(*by_the_leg), targets=("whole_body",)), NOW).stands(
        Stage.awaiting_clearance
    )


@pytest.mark.parametrize("target", PACK.enums.regions)
def test_what_is_held_in_the_whole_body_holds_every_plan(target: str) -> None:
    assert PlayedPlan(plan_for(flare("whole_body"), targets=(target,)), NOW).stands(Stage.awaiting_clearance)


def test_a_part_held_later_stands_a_plan_for_the_leg_still_and_its_letter_lets_it_go_on() -> None:
    played = treated(flare("hip", "knee"), "leg_whole")
    asked_again(played, {**flare("hip", "knee"), **UNCHECKED_KNEE})
    assert played.stands(Stage.active), "the foot is free"
    everywhere = {**flare("hip", "knee"), "SCR-08": {**UNCHECKED_KNEE["SCR-08"], "region": ["ankle_foot"]}}
    asked_again(played, everywhere)
    assert played.stands(Stage.suspended)
    cleared(played, "hip")
    played.approve(ApprovalKind.resume)
    assert played.stands(Stage.active)


def test_a_plan_moved_to_a_leg_that_is_held_in_its_parts_stands_still() -> None:
    played = treated(WHOLE_LEG_IN_PARTS, "lumbar")
    told = treat(played, WHOLE_LEG_IN_PARTS, "leg_whole")
    assert played.stands(Stage.suspended)
    assert told.facts["overall"] == Disposition.needs_clearance
    assert told.facts["rules"] == ("SCR-13-c",), "the story names the rule that holds its parts"


def test_a_hold_elsewhere_is_no_reason_why_the_plan_waits_and_ends_nothing() -> None:
    opened = PlayedPlan(plan_for(flare("knee", "elbow"), targets=("knee",)), NOW)
    assert [one.hold.region for one in blocking(opened.state)] == ["knee"]
    (elbow,) = (one for one in opened.state.approvals if (one.proposal.hold_key or "").endswith("elbow"))
    opened.must(DecideApproval(approval_id=elbow.id, decision=Decision.reject, reason_id="not fit"))
    assert opened.stands(Stage.awaiting_clearance), "the knee can still be cleared"


def test_a_plan_names_no_side_so_a_region_held_on_one_side_counts_as_held() -> None:
    left = flare("knee", side="left")
    opened = PlayedPlan(plan_for(left, targets=("knee",)), NOW)
    assert opened.stands(Stage.awaiting_clearance)
    beside = treated(left, "leg_whole")
    (knee,) = kept_out(PACK, beside.state.protocol)
    assert (knee.region, knee.side) == ("knee", "left"), "what is left out keeps its side"


# -- told at the table ------------------------------------------------------------------------------------


def test_the_sheet_for_a_leg_says_which_part_nobody_touches() -> None:
    played = treated(UNCHECKED_KNEE, "leg_whole")
    sheet = session_sheet(PACK, played.state.protocol)
    assert [(one.region, one.side) for one in sheet.kept_out] == [("knee", None)]
    assert {one.technique for one in sheet.allowed} == set(played.state.protocol.techniques)
    assert {one.region for one in sheet.left_out if one.rule == "R-EXCL-REGION"} == {"knee"}
    cleared(played, "knee")
    assert session_sheet(PACK, played.state.protocol).kept_out == ()


def test_the_sheet_names_a_held_leg_once_not_each_of_its_parts() -> None:
    sheet = session_sheet(PACK, treated(FLARE_IN_THE_LEG, "lumbar", "knee").state.protocol)
    assert [one.region for one in sheet.kept_out] == ["leg_whole"]


def test_a_part_that_the_plan_does_not_treat_is_not_on_its_sheet() -> None:
    assert session_sheet(PACK, treated(UNCHECKED_KNEE, "lumbar").state.protocol).kept_out == ()


def test_no_neck_work_is_told_of_the_neck_and_not_of_the_back() -> None:
    sharp_turn: Answers = {"SCR-18": {"value": ["dizzy_head_turn"]}}
    sheet = session_sheet(PACK, treated(sharp_turn, "lumbar", "neck").state.protocol)
    assert {one.region for one in sheet.left_out if one.rule == "R-NO-NECK"} == {"neck"}


# -- rules of a part and of the whole ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("regions", "targets", "left"),
    [
        (("hip", "knee", "ankle_foot"), ("leg_whole",), False),
        (("hip", "knee"), ("leg_whole",), True),
        (("hip", "knee"), ("hip", "knee"), False),
        (("leg_whole",), ("knee",), False),
        (("leg_whole",), ("knee", "lumbar"), True),
        (("pelvis",), ("whole_body",), True),
        (("whole_body",), ("pelvis", "neck"), False),
    ],
)
def test_a_technique_goes_where_rules_of_parts_together_leave_nothing(
    regions: tuple[str, ...], targets: tuple[str, ...], left: bool
) -> None:
    avoided = [Restriction(code="R-EXCL-TECH", technique="static", region=one) for one in regions]
    allowed = allowed_techniques(
        PACK, profile="athlete", condition=None, restrictions=avoided, target_regions=targets
    )
    assert ("static" in allowed) is left


def test_a_restriction_of_the_knee_counts_again_when_the_leg_is_named() -> None:
    healed: Answers = {"SCR-08": {"value": "healed_and_discharged", "region": "knee", "date": "2025-02-01"}}
    gentle = Restriction(code="R-LOWFORCE", region="knee")
    played = treated(healed, "lumbar")
    without = tuple(one for one in played.state.protocol.restrictions if one != gentle)
    played.state = played.state.but(protocol=played.state.protocol.but(restrictions=without))
    treat(played, healed, "lumbar", "leg_whole")
    assert gentle in played.state.protocol.restrictions
    treat(played, healed, "leg_whole")
    told = treat(played, healed, "knee")
    assert told.facts["restrictions"] == (), "a part of what was treated is not new"


def test_who_treats_the_whole_body_looks_at_the_neck_first() -> None:
    def asked(*targets: str) -> set[str]:
        return {one.id for one in items_needed(PACK, {"SCR-24": {"value": 40}}, NOW.date(), targets)}

    assert {"PA-09", "PA-10"} <= asked("whole_body")
    assert "PA-10" not in asked("leg_whole")
    assert touching(PACK, ["knee"]) == {"knee", "leg_whole", "whole_body"}


def test_a_plan_without_any_technique_left_is_not_started() -> None:
    clot: Answers = {"SCR-04": {"value": "under_3_months", "on_treatment": "yes", "side": "left"}}
    opened = PlayedPlan(plan_for(clot, targets=("knee", "hip")), NOW)
    (asked,) = opened.state.approvals
    opened.clear(LETTER_UNTIL, asked)
    assert opened.state.protocol.techniques == (), "hands-on leg work waits, whatever the letter says"
    start = DecideApproval(approval_id=opened.approval(ApprovalKind.start).id, decision=Decision.approve)
    refused = opened.ask(start)
    assert refused is not None and refused.code == "nothing_allowed"
    treat(opened, clot, "lumbar", "knee")
    opened.approve(ApprovalKind.start)
    assert opened.stands(Stage.active)
