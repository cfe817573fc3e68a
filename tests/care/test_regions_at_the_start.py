"""ALG-6 at the start: a therapist may begin with other regions than the intake named, and with none that is held."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care import pack as packs
from care.agenda import agenda
from care.opening import blocking
from care.regions import judged_for
from schemas.commands import DecideApproval, Decision, ProtocolEdit, RecordAssessment, Refusal
from schemas.events import EventKind
from schemas.plan import AgendaKind, PlanState, SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Restriction
from schemas.treating import AssessmentOutcome
from tests.care.plans import ALL_CLEAR, NOW, plan_for
from tests.care.played_plan import FRONT_DESK, PlayedPlan

PACK = packs.builtin()
Answers = dict[str, dict[str, Any]]

UNCHECKED_KNEE: Answers = {
    "SCR-08": {"value": "healing_or_not_checked", "region": ["knee"], "date": "2026-02-01"}
}
NO_WORD_WHERE: Answers = {"SCR-10": {"value": "knee", "still_told_limits": "no"}}
"""A knee joint was replaced, and the question where was left open."""


def waiting(answers: Answers, **changes: Any) -> PlayedPlan:
    """A plan for the lower back whose start waits for its therapist."""
    return PlayedPlan(plan_for(answers, **changes), NOW)


def start_with(
    state: PlanState, answers: Answers, *wanted: str, edit: ProtocolEdit | None = None
) -> DecideApproval:
    """The start, approved with other parts of the body: what the API makes of the therapist's wish."""
    (approval,) = (one for one in state.approvals if one.kind is ApprovalKind.start)
    return DecideApproval(
        approval_id=approval.id,
        decision=Decision.edit,
        reason_id="why",
        edit=edit or ProtocolEdit(),
        regions=judged_for(PACK, state, {**ALL_CLEAR, **answers}, wanted, NOW.date()),
    )


def refused(played: PlayedPlan, command: DecideApproval) -> Refusal:
    """The refusal; the plan stands as it stood."""
    before = played.state
    refusal = played.ask(command)
    assert refusal is not None
    assert played.state == before
    return refusal


def test_a_plan_starts_with_other_regions_in_one_decision_and_the_story_says_so() -> None:
    played = waiting({})
    played.must(start_with(played.state, {}, "lumbar", "hip"))
    assert played.stands(Stage.active)
    assert played.state.protocol.target_regions == ("lumbar", "hip")
    [told] = played.events(EventKind.regions_changed)
    assert (told.rule, told.facts["added"], told.facts["reason_id"]) == ("ALG-6", ("hip",), "why")
    assert not played.events(EventKind.amended), "nothing else was changed"
    assert not [one for one in played.state.approvals if one.kind is ApprovalKind.start]
    assert [one.status for one in played.state.sessions] == [SessionStatus.booked] * 2


def test_other_changes_of_the_same_decision_are_made_too() -> None:
    played = waiting({})
    edit = ProtocolEdit(session_minutes=30, home_days_per_week=4)
    played.must(start_with(played.state, {}, "hip", edit=edit))
    protocol = played.state.protocol
    assert (protocol.target_regions, protocol.session_minutes) == (("hip",), 30)
    assert {one.minutes for one in played.state.sessions} == {30}


def test_nobody_starts_a_plan_whose_new_regions_are_held() -> None:
    played = waiting(UNCHECKED_KNEE)
    refusal = refused(played, start_with(played.state, UNCHECKED_KNEE, "knee"))
    assert refusal.code == "holds_open"
    assert "Not with these parts of the body (ALG-6)" in refusal.sentence
    assert "SCR-08-b" in refusal.sentence
    played.approve(ApprovalKind.start)
    assert played.state.protocol.target_regions == ("lumbar",), "as proposed it may still start"


def test_a_held_region_beside_a_free_one_is_kept_out_of_the_work_and_its_letter_is_still_asked_for() -> None:
    played = waiting(UNCHECKED_KNEE)
    played.must(start_with(played.state, UNCHECKED_KNEE, "lumbar", "knee"))
    assert played.stands(Stage.active)
    assert Restriction(code="R-EXCL-REGION", region="knee", held=True) in played.state.protocol.restrictions
    assert played.approval(ApprovalKind.clearance).proposal.hold_key == "SCR-08-b/clearance/knee"


def test_a_region_question_that_nobody_answered_is_asked_before_the_plan_starts_there() -> None:
    played = waiting(NO_WORD_WHERE)
    played.clear(NOW.date().replace(year=2027))
    refusal = refused(played, start_with(played.state, NO_WORD_WHERE, "lumbar", "knee"))
    assert refusal.code == "rescreen_needed"
    assert "SCR-10" in refusal.sentence


def test_what_was_examined_before_the_start_does_not_cover_a_region_named_with_it() -> None:
    played = waiting({}, assessment_needed=True)
    played.must(RecordAssessment(outcome=AssessmentOutcome.suitable, items=("PA-01", "PA-09")))
    played.must(start_with(played.state, {}, "lumbar", "neck"))
    assert played.state.assessment is None
    assert AgendaKind.assessment_due in {one.kind for one in agenda(played.state)}


def test_an_assessment_that_said_no_keeps_the_plan_from_starting_whatever_is_treated() -> None:
    played = waiting({}, assessment_needed=True)
    played.must(RecordAssessment(outcome=AssessmentOutcome.refer_on, items=("PA-01",)))
    assert refused(played, start_with(played.state, {}, "neck")).code == "not_suitable"


def test_the_same_regions_are_no_change_and_approving_takes_the_proposal_as_it_is() -> None:
    played = waiting({})
    assert refused(played, start_with(played.state, {}, "lumbar")).code == "same_regions"
    other = start_with(played.state, {}, "hip")
    assert refused(played, other.but(decision=Decision.approve, edit=None)).code == "edit_not_stated"
    assert refused(played, other.but(reason_id=None)).code == "reason_missing"
    refusal = played.ask(other, FRONT_DESK)
    assert refusal is not None and refusal.code == "not_a_clinician"


def test_a_clearance_says_nothing_about_what_is_treated() -> None:
    played = waiting(UNCHECKED_KNEE)
    asked = start_with(played.state, UNCHECKED_KNEE, "lumbar", "knee")
    clearance = asked.but(approval_id=played.approval(ApprovalKind.clearance).id)
    refusal = refused(played, clearance.but(document_valid_until=NOW.date().replace(year=2027)))
    assert refusal.code == "regions_not_here"


@pytest.mark.parametrize("answers", [{}, UNCHECKED_KNEE, NO_WORD_WHERE], ids=["clear", "knee held", "blank"])
@given(wanted=st.lists(st.sampled_from(PACK.enums.regions), min_size=1, max_size=6, unique=True).map(tuple))
def test_whatever_it_starts_with_no_active_plan_is_held_and_nothing_is_lifted(
    answers: Answers, wanted: tuple[str, ...]
) -> None:
    played = waiting(answers)
    if not any(one.kind is ApprovalKind.start for one in played.state.approvals):
        return
    before = played.state
    refusal = played.ask(start_with(before, answers, *wanted))
    after = played.state
    if refusal is not None:
        assert after == before
        return
    assert after.stage is Stage.active and not blocking(after)
    assert set(after.protocol.target_regions) == set(wanted)
    assert {one.key for one in before.screening.holds} == {one.key for one in after.screening.holds}
    assert set(before.protocol.restrictions) <= set(after.protocol.restrictions)
    assert after.screening.valid_until <= before.screening.valid_until
