"""ALG-6: a running plan may treat other parts of the body; its own rules say what follows, and nothing is lifted."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care import pack as packs
from care.agenda import agenda
from care.opening import blocking
from care.overriding import rules_behind, techniques_without
from care.regions import judged_for
from care.screening import screen
from care.session_sheet import session_sheet
from schemas.alerts import AlertReason
from schemas.commands import (
    Amend,
    DecideApproval,
    Decision,
    OverrideRestriction,
    PausePlan,
    ProtocolEdit,
    RecordAssessment,
    Refusal,
    Rescreen,
    Withdraw,
)
from schemas.events import EventKind, PlanEvent
from schemas.plan import AgendaKind, PlanState, SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Disposition, Restriction, Scope
from schemas.treating import AssessmentOutcome
from tests.care.plans import ALL_CLEAR, NOW, plan_for
from tests.care.played_plan import FRONT_DESK, THERAPIST, PlayedPlan

PACK = packs.builtin()
Answers = dict[str, dict[str, Any]]

UNCHECKED_KNEE: Answers = {
    "SCR-08": {"value": "healing_or_not_checked", "region": ["knee"], "date": "2026-02-01"}
}
FLARE_IN_THE_LEG: Answers = {"SCR-13": {"value": ["flare_now"], "region": "leg_whole"}}
NO_WORD_WHERE: Answers = {"SCR-10": {"value": "knee", "still_told_limits": "no"}}
"""A knee joint was replaced, and the question where was left open."""


def treated(answers: Answers, *targets: str, **changes: Any) -> PlayedPlan:
    """A plan for these regions whose start has been approved."""
    played = PlayedPlan(plan_for(answers, targets=targets, **changes), NOW)
    played.approve(ApprovalKind.start)
    return played


def amended(state: PlanState, answers: Answers, *wanted: str, edit: ProtocolEdit | None = None) -> Amend:
    """What the API makes of a therapist's wish."""
    form = {**ALL_CLEAR, **answers}
    regions = judged_for(PACK, state, form, wanted, NOW.date())
    return Amend(edit=edit or ProtocolEdit(), reason_id="why", regions=regions)


def treat(played: PlayedPlan, answers: Answers, *wanted: str) -> PlanEvent:
    """The therapist changes what is treated; the event that tells of it."""
    played.must(amended(played.state, answers, *wanted))
    return played.events(EventKind.regions_changed)[-1]


# -- the newly named region -------------------------------------------------------------------------------


def test_a_clear_region_is_treated_from_now_on_and_the_story_says_by_whom_and_why() -> None:
    played = treated({}, "lumbar")
    told = treat(played, {}, "lumbar", "hip")
    assert played.state.protocol.target_regions == ("lumbar", "hip")
    assert played.stands(Stage.active)
    assert (told.rule, told.actor, told.facts["reason_id"]) == ("ALG-6", THERAPIST.id, "why")
    assert (told.facts["added"], told.facts["left_out"]) == (("hip",), ())
    assert not played.events(EventKind.amended), "nothing else was changed"


def test_other_changes_of_the_same_amendment_are_made_too() -> None:
    played = treated({}, "lumbar")
    played.must(amended(played.state, {}, "hip", edit=ProtocolEdit(session_minutes=30)))
    assert played.state.protocol.target_regions == ("hip",)
    assert played.state.protocol.session_minutes == 30


def test_a_held_region_beside_a_free_one_is_kept_out_of_the_work() -> None:
    played = treated(UNCHECKED_KNEE, "lumbar")
    told = treat(played, UNCHECKED_KNEE, "lumbar", "knee")
    assert played.stands(Stage.active)
    assert Restriction(code="R-EXCL-REGION", region="knee", held=True) in played.state.protocol.restrictions
    assert told.facts["rules"] == ("SCR-08-b",)
    assert told.facts["overall"] == Disposition.modify


def test_a_plan_left_with_held_regions_only_stands_still_until_the_letter_has_come() -> None:
    played = treated(UNCHECKED_KNEE, "lumbar")
    told = treat(played, UNCHECKED_KNEE, "knee")
    assert played.stands(Stage.suspended)
    assert told.facts["overall"] == Disposition.needs_clearance
    assert all(one.status is SessionStatus.held for one in played.state.sessions)
    assert len(played.texts("session_held")) == 1, "the client hears once not to come"
    clearance = played.approval(ApprovalKind.clearance)
    assert clearance.proposal.hold_key == "SCR-08-b/clearance/knee"
    refusal = played.ask(
        DecideApproval(approval_id=played.approval(ApprovalKind.resume).id, decision=Decision.approve)
    )
    assert refusal is not None and refusal.code == "holds_open"


def test_a_part_of_a_held_whole_is_held() -> None:
    opened = PlayedPlan(plan_for(FLARE_IN_THE_LEG, targets=("knee",)), NOW)
    assert opened.stands(Stage.deferred)
    played = treated(FLARE_IN_THE_LEG, "lumbar")
    treat(played, FLARE_IN_THE_LEG, "knee", "hip")
    assert played.stands(Stage.suspended)


def test_a_region_question_that_nobody_answered_is_asked_again_before_another_region_is_touched() -> None:
    opened = PlayedPlan(plan_for(NO_WORD_WHERE), NOW)
    opened.clear(NOW.date().replace(year=2027))
    opened.approve(ApprovalKind.start)
    assert opened.stands(Stage.active), "cleared for the lower back"
    told = treat(opened, NO_WORD_WHERE, "lumbar", "knee")
    assert opened.stands(Stage.suspended)
    assert opened.state.screening.repeat_items == ("SCR-10",)
    assert opened.approval(ApprovalKind.rescreen).proposal.reasons == ("ALG-8",)
    assert told.facts["ask_again"] == ("SCR-10",)
    assert told.facts["laws"] == ("ALG-6", "ALG-8")
    assert [one.hold.rule for one in blocking(opened.state)] == ["SCR-10-incomplete"]
    answered = {**ALL_CLEAR, "SCR-10": {**NO_WORD_WHERE["SCR-10"], "region": "knee"}}
    targets = opened.state.protocol.target_regions
    result = screen(PACK, answered, opened.now.date(), targets)
    opened.must(Rescreen(result=result, items=("SCR-10",)), FRONT_DESK)
    assert not blocking(opened.state)
    opened.approve(ApprovalKind.resume)
    assert opened.stands(Stage.active)


def test_a_plan_not_yet_approved_follows_its_regions_back_and_forth() -> None:
    waiting = PlayedPlan(plan_for(UNCHECKED_KNEE, targets=("lumbar",)), NOW)
    treat(waiting, UNCHECKED_KNEE, "knee")
    assert waiting.stands(Stage.awaiting_clearance)
    assert [one.kind for one in waiting.state.approvals] == [ApprovalKind.clearance]
    treat(waiting, UNCHECKED_KNEE, "knee", "hip")
    assert waiting.stands(Stage.awaiting_approval)
    assert waiting.approval(ApprovalKind.start).proposal.step is waiting.state.protocol.start_step


def test_leaving_a_region_out_asks_no_question_again() -> None:
    state = plan_for(NO_WORD_WHERE, targets=("lumbar", "hip"))
    assert judged_for(PACK, state, {**ALL_CLEAR, **NO_WORD_WHERE}, ("hip",), NOW.date()).unanswered == ()


# -- what may be done there -------------------------------------------------------------------------------


def test_a_technique_avoided_on_one_region_comes_with_another_and_goes_with_it() -> None:
    avoided = Restriction(code="R-EXCL-TECH", technique="pnf_contract_relax", region="lumbar")
    athlete: dict[str, Any] = {"profile": "athlete", "condition": None, "restrictions": (avoided,)}
    played = treated({}, "lumbar", **athlete, techniques=("static", "dynamic"))
    assert treat(played, {}, "lumbar", "hip").facts["allowed_now"] == ("pnf_contract_relax",)
    assert treat(played, {}, "lumbar").facts["no_longer"] == ("pnf_contract_relax",)
    assert played.state.protocol.techniques == ("static", "dynamic")


def test_what_a_therapist_left_out_by_hand_stays_out_whatever_is_treated() -> None:
    played = treated({}, "lumbar")
    kept = played.state.protocol.techniques[:2]
    played.must(Amend(edit=ProtocolEdit(techniques=kept), reason_id="why"))
    treat(played, {}, "lumbar", "hip")
    assert played.state.protocol.techniques == kept


def test_a_restriction_set_aside_counts_again_for_a_region_named_later() -> None:
    healed: Answers = {"SCR-08": {"value": "healed_and_discharged", "region": "knee", "date": "2025-02-01"}}
    played = treated(healed, "lumbar")
    gentle = Restriction(code="R-LOWFORCE", region="knee")
    played.must(
        OverrideRestriction(
            restriction=gentle,
            rules=rules_behind(PACK, played.state.screening.result, gentle),
            techniques=techniques_without(PACK, played.state.protocol, gentle),
            reason_id="why",
        )
    )
    assert gentle not in played.state.protocol.restrictions
    treat(played, healed, "lumbar", "hip")
    assert gentle not in played.state.protocol.restrictions, "nobody named the knee"
    told = treat(played, healed, "lumbar", "knee")
    assert gentle in played.state.protocol.restrictions
    assert told.facts["restrictions"] == ("R-LOWFORCE",)
    assert told.facts["laws"] == ("ALG-6", "ALG-5")


def test_a_new_region_is_examined_before_hands_are_laid_on_it() -> None:
    played = treated({}, "lumbar", assessment_needed=True)
    played.must(RecordAssessment(outcome=AssessmentOutcome.suitable, items=("PA-01", "PA-09")))
    told = treat(played, {}, "lumbar", "neck")
    assert told.facts["examine"] == ("PA-10",)
    assert played.state.assessment is None
    assert AgendaKind.assessment_due in {one.kind for one in agenda(played.state)}


def test_an_assessment_that_said_no_is_not_forgotten_over_a_change_of_regions() -> None:
    played = treated({}, "lumbar", assessment_needed=True)
    played.must(RecordAssessment(outcome=AssessmentOutcome.refer_on, items=("PA-01",)))
    treat(played, {}, "neck")
    made = played.state.assessment
    assert made is not None and made.outcome is AssessmentOutcome.refer_on
    assert played.has_alert(AlertReason.not_suitable)


# -- what is never lifted ---------------------------------------------------------------------------------


def test_leaving_the_held_region_out_lets_the_plan_go_on_only_by_approval() -> None:
    played = treated(UNCHECKED_KNEE, "lumbar", "knee")
    treat(played, UNCHECKED_KNEE, "knee")
    treat(played, UNCHECKED_KNEE, "lumbar")
    assert played.stands(Stage.suspended), "a person says whether it goes on (MID-3)"
    assert any(one.hold.region == "knee" for one in played.state.screening.holds), "the knee stays held"
    played.approve(ApprovalKind.resume)
    assert played.stands(Stage.active)


def test_a_hold_of_the_whole_plan_stays_whatever_is_treated() -> None:
    sharp: Answers = {"SCR-16": {"value": 4, "worst_24h": 5, "sharp": "yes"}}
    opened = PlayedPlan(plan_for(sharp, targets=("lumbar", "hip")), NOW)
    for wanted in (("hip",), ("neck", "shoulder"), ("lumbar",)):
        treat(opened, sharp, *wanted)
        assert opened.stands(Stage.awaiting_clearance)
        assert [one.hold.rule for one in blocking(opened.state)] == ["SCR-16-b"]


def test_a_plan_on_holiday_stays_there_until_its_therapist_says_otherwise() -> None:
    played = treated({}, "lumbar")
    played.must(PausePlan())
    treat(played, {}, "hip")
    pause = played.state.pause
    assert played.stands(Stage.suspended) and pause is not None and not pause.safety


regions = st.lists(st.sampled_from(PACK.enums.regions), min_size=1, max_size=6, unique=True).map(tuple)
ANSWERS: tuple[Answers, ...] = (
    {},
    UNCHECKED_KNEE,
    FLARE_IN_THE_LEG,
    NO_WORD_WHERE,
    {"SCR-13": {"value": ["severe"], "region": ["hip", "knee", "ankle_foot"], "side": "left"}},
    {**UNCHECKED_KNEE, "SCR-01": {"value": "checked"}},
    {"SCR-18": {"value": ["dizzy_head_turn"]}, "SCR-21": {"value": "bruise_easily"}},
)


@given(st.sampled_from(ANSWERS), regions, st.lists(regions, min_size=1, max_size=4))
def test_no_way_through_the_regions_loses_a_hold_a_restriction_or_a_day(
    answers: Answers, first: tuple[str, ...], then: list[tuple[str, ...]]
) -> None:
    played = PlayedPlan(plan_for(answers, targets=first), NOW)
    if any(one.kind is ApprovalKind.start for one in played.state.approvals):
        played.approve(ApprovalKind.start)
    for wanted in then:
        before = played.state
        if played.ask(amended(before, answers, *wanted)) is not None:
            continue
        after = played.state
        assert {one.key for one in before.screening.holds} == {one.key for one in after.screening.holds}
        assert _whole_plan(before) <= _whole_plan(after)
        assert set(before.protocol.restrictions) <= set(after.protocol.restrictions)
        assert after.screening.valid_until <= before.screening.valid_until
        assert before.screening.result.findings == after.screening.result.findings
        assert not (after.stage is Stage.active and blocking(after))
        if before.stage is not Stage.active:
            assert after.stage is not Stage.active, "only an approval lets a plan go on"
        sheet = session_sheet(PACK, after.protocol)
        told = {one.technique for one in sheet.allowed}
        assert told <= set(after.protocol.techniques), "a held region takes its techniques with it"
        assert told == set(after.protocol.techniques) or after.stage is not Stage.active


def _whole_plan(state: PlanState) -> set[str]:
    return {
        one.key for one in state.screening.holds if one.discharged_at is None and one.hold.scope is Scope.plan
    }


# -- who may, and what is refused -------------------------------------------------------------------------


def code(refusal: Refusal | None) -> str | None:
    return refusal.code if refusal else None


def test_only_a_physiotherapist_changes_what_is_treated() -> None:
    played = treated({}, "lumbar")
    assert code(played.ask(amended(played.state, {}, "hip"), FRONT_DESK)) == "not_a_clinician"


def test_the_same_regions_in_another_order_are_no_change() -> None:
    played = treated({}, "lumbar", "leg_whole")
    refusal = played.ask(amended(played.state, {}, "leg_whole", "lumbar"))
    assert refusal is not None and refusal.code == "same_regions"
    assert "lumbar, leg whole" in refusal.sentence


def test_a_technique_that_the_new_regions_rule_out_is_refused_with_them() -> None:
    played = treated({}, "lumbar")
    wanted = played.state.protocol.techniques
    asked = amended(played.state, {}, "hip", edit=ProtocolEdit(techniques=wanted))
    assert asked.regions is not None
    fewer = asked.but(regions=asked.regions.but(techniques=wanted[1:]))
    assert code(played.ask(fewer)) == "technique_ruled_out"


@pytest.mark.parametrize("wanted", [("hip",), ("lumbar", "hip")])
def test_a_plan_that_has_ended_treats_nothing_else(wanted: tuple[str, ...]) -> None:
    played = treated({}, "lumbar")
    asked = amended(played.state, {}, *wanted)
    played.must(Withdraw())
    assert code(played.ask(asked)) == "plan_closed"
