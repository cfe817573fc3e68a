"""A goal in another measure than the client's activity: an angle, stiffness or pain, and what of it is compared."""

from __future__ import annotations

from dataclasses import dataclass

import pytest
from hypothesis import given
from hypothesis import strategies as st

from care.answers import reply_question
from care.approving import reviewed
from care.draft import Draft
from care.finding import finding
from care.goals import WantedGoal, goal
from care.pack import builtin
from care.taper import MISSING, evaluate
from care.taper_steps import taper_inputs
from schemas.commands import (
    Actor,
    Amend,
    AnswerCheckIn,
    CloseAlert,
    DecideApproval,
    Decision,
    ProtocolEdit,
    RecordOutcome,
    Role,
)
from schemas.events import EventKind
from schemas.goals import Device, JointAngle, Measure, Mode, Movement
from schemas.plan import PlanState, Score, SessionStatus
from schemas.protocol import ApprovalKind
from schemas.taper import Step, TaperInputs, TaperVerdict
from tests.care.going_well import answer_everything, with_proposal
from tests.care.plans import NOW, plan_for
from tests.care.played_plan import FRONT_DESK, THERAPIST, PlayedPlan

COLLEAGUE = Actor(id="staff-7", roles=(Role.stretch_practitioner,))
SHOULDER = JointAngle(
    joint="shoulder", movement=Movement.abduction, mode=Mode.active, device=Device.goniometer
)


def shoulder(baseline: float = 90, target: float = 150) -> Measure:
    """The pack counts 15 degrees of a shoulder by one assessor, 25 between two."""
    return goal(builtin(), WantedGoal(code="ROM", baseline=baseline, target=target, angle=SHOULDER))


def in_degrees(measure: Measure | None = None) -> PlayedPlan:
    """A plan that begins with a goal in degrees."""
    played = PlayedPlan(plan_for({}), NOW)
    start = DecideApproval(
        approval_id=played.approval(ApprovalKind.start).id,
        decision=Decision.edit,
        reason_id="why",
        edit=ProtocolEdit(primary=measure or shoulder()),
    )
    played.must(start)
    return played


def visit(played: PlayedPlan, number: int, degrees: float | None, by: Actor = THERAPIST) -> None:
    played.until(played.session(number).starts_at)
    outcome = RecordOutcome(session_no=number, outcome=SessionStatus.attended, pain=2, primary=degrees)
    played.must(outcome, by)


def counts(played: PlayedPlan) -> float | None:
    """The change that the policy acts on."""
    return taper_inputs(played.state, played.now).primary.mcid


# -- one assessor, or two --------------------------------------------------------------------------------


def test_a_goal_that_is_met_as_it_is_set_is_refused_by_the_plan_itself(running: PlayedPlan) -> None:
    met = Measure(code="PSFS", baseline=8, target=8, mcid=2)
    refusal = running.ask(Amend(edit=ProtocolEdit(primary=met), reason_id="why"))
    assert refusal is not None
    assert refusal.code == "goal_met_already"


def test_by_one_assessor_throughout_the_smaller_change_counts() -> None:
    played = in_degrees()
    for number, degrees in ((1, 95), (2, 100), (3, 110)):
        visit(played, number, degrees)
    assert counts(played) == 15


@given(who=st.lists(st.sampled_from(["one", "another", None]), max_size=5))
def test_the_smaller_change_counts_only_where_one_known_person_took_every_value(
    who: list[str | None],
) -> None:
    assert shoulder().worth(who) == (15 if set(who) in ({"one"}, {"another"}) else 25)
    assert Measure(code="PSFS", baseline=3, target=8, mcid=2).worth(who) == 2


@pytest.mark.parametrize("other", [COLLEAGUE, FRONT_DESK], ids=["a colleague", "who does not treat"])
def test_once_another_hand_or_an_unknown_one_measures_the_larger_change_counts(other: Actor) -> None:
    played = in_degrees()
    visit(played, 1, 95)
    visit(played, 2, 100, by=other)
    assert counts(played) == 25


def test_a_visit_at_which_nobody_measured_makes_no_second_assessor() -> None:
    played = in_degrees()
    visit(played, 1, 95)
    visit(played, 2, None, by=COLLEAGUE)
    assert counts(played) == 15


def test_the_best_at_this_step_remembers_its_own_assessor() -> None:
    played = in_degrees()
    visit(played, 1, 140, by=COLLEAGUE)
    for number in (2, 3, 4):
        visit(played, number, 120)
    assert played.state.progress.best_by == COLLEAGUE.id
    assert counts(played) == 25, "the best that the last values are compared with is the colleague's"


@dataclass(frozen=True)
class Slip:
    """The last two values after a best of 130, by whom they were taken, and whether that is a loss."""

    degrees: float
    by: Actor
    counts: bool


@pytest.mark.parametrize(
    "slip",
    [
        Slip(114, THERAPIST, counts=True),
        Slip(116, THERAPIST, counts=False),
        Slip(114, COLLEAGUE, counts=False),
        Slip(104, COLLEAGUE, counts=True),
    ],
)
def test_visits_become_more_frequent_again_on_a_loss_beyond_measuring_error_tap_up_3(slip: Slip) -> None:
    played = in_degrees()
    visit(played, 1, 130)
    for number in (2, 3):
        visit(played, number, slip.degrees, by=slip.by)
    decision = evaluate(played.state.protocol.taper, taper_inputs(played.state, played.now))
    assert ("TAP-UP-3" in (*decision.reasons, *decision.also)) is slip.counts


@pytest.mark.parametrize(("by", "without_change"), [(THERAPIST, 0), (COLLEAGUE, 1)])
def test_twenty_degrees_are_a_change_at_a_review_by_one_assessor_and_none_by_two_tap_dis_2(
    by: Actor, without_change: int
) -> None:
    played = in_degrees(shoulder(target=180))
    played.state = played.state.but(protocol=played.state.protocol.but(planned_weeks=1))
    visit(played, 1, 110, by=by)
    draft = Draft(played.state, played.now, "test:review")
    reviewed(draft)
    assert draft.state.progress.reviews_no_change == without_change


def test_who_measured_is_remembered_only_where_it_counts(running: PlayedPlan) -> None:
    running.attend(1)
    assert (running.state.progress.scores[-1].by, running.state.progress.best_by) == (None, None)


# -- another goal in a running plan ------------------------------------------------------------------------


def test_scores_of_another_measure_are_no_longer_known_and_the_story_says_so(running: PlayedPlan) -> None:
    for number in (1, 2, 3):
        running.attend(number, pain=1, primary=8)
    running.must(Amend(edit=ProtocolEdit(primary=shoulder()), reason_id="why"))
    [told] = running.events(EventKind.goal_changed)
    assert told.facts == {
        "was": "PSFS",
        "now": "ROM shoulder abduction active goniometer",
        "baseline": 90,
        "target": 150,
        "not_compared": 3,
    }
    inputs = taper_inputs(running.state, running.now)
    assert [*inputs.primary.values, inputs.primary.best_at_step] == [None, None, None, 90]
    assert list(inputs.pain.recent) == [1, 1, 1], "pain is still what it was"
    decision = evaluate(running.state.protocol.taper, inputs)
    assert "not_D1" in decision.reasons
    assert MISSING in decision.notes


def test_a_step_proposed_on_scores_that_are_no_longer_compared_lapses() -> None:
    played = with_proposal(ApprovalKind.taper)
    played.must(Amend(edit=ProtocolEdit(primary=shoulder()), reason_id="why"))
    assert not played.state.approvals
    [lapsed] = played.events(EventKind.approval_lapsed)
    assert lapsed.facts["decision_on"] == ApprovalKind.taper


@pytest.mark.parametrize(
    ("other", "compared"),
    [
        (shoulder(target=160), True),
        (shoulder().but(angle=SHOULDER.but(mode=Mode.passive)), False),
        (shoulder().but(angle=SHOULDER.but(joint="elbow")), False),
        (shoulder(baseline=90, target=60), False),
    ],
    ids=["another target", "passive", "another joint", "the other way"],
)
def test_only_what_was_taken_alike_with_the_same_aim_stays_comparable(other: Measure, compared: bool) -> None:
    played = in_degrees()
    visit(played, 1, 100)
    played.must(Amend(edit=ProtocolEdit(primary=other), reason_id="why"))
    assert [one.primary for one in played.state.progress.scores] == [100 if compared else None]
    assert len(played.events(EventKind.goal_changed)) == (1 if compared else 2)


def test_another_target_leaves_the_baseline_s_assessor_and_a_new_baseline_has_its_own() -> None:
    played = in_degrees()
    lead = Actor(id="staff-3", roles=(Role.lead_physiotherapist,))
    played.must(Amend(edit=ProtocolEdit(primary=shoulder(target=160)), reason_id="why"), lead)
    assert played.state.protocol.primary.by == THERAPIST.id
    played.must(Amend(edit=ProtocolEdit(primary=shoulder(baseline=95)), reason_id="why"), lead)
    assert played.state.protocol.primary.by == lead.id


def test_a_plan_in_degrees_comes_to_a_proposal_with_two_assessors() -> None:
    played = in_degrees(shoulder(baseline=90, target=150))
    number = 0
    while not any(one.kind is ApprovalKind.taper for one in played.state.approvals):
        number += 1
        assert number < 12, "the policy proposes nothing"
        answer_everything(played, played.session(number).starts_at)
        for alert in played.state.alerts:
            played.must(CloseAlert(alert_id=alert.id, outcome="seen", note_id="note"))
        visit(played, number, min(150, 90 + 30 * number), by=(THERAPIST, COLLEAGUE)[number % 2])
    assert played.approval(ApprovalKind.taper).proposal.verdict is TaperVerdict.PROPOSE_STEP_DOWN
    [*_, evaluated] = played.events(EventKind.taper_evaluated)
    looked_at = evaluated.facts["inputs"]
    assert isinstance(looked_at, TaperInputs)
    assert looked_at.primary.mcid == 25
    played.approve(ApprovalKind.taper)
    assert played.state.progress.step is Step.S2


# -- stiffness and pain ------------------------------------------------------------------------------------


@pytest.mark.parametrize(("code", "taken"), [("NRS", 4.0), ("STIFF", 6.0)])
def test_a_goal_that_every_visit_takes_anyway_needs_no_second_number(code: str, taken: float) -> None:
    played = in_degrees(goal(builtin(), WantedGoal(code=code, baseline=7, target=2)))
    played.until(played.session(1).starts_at)
    played.must(RecordOutcome(session_no=1, outcome=SessionStatus.attended, pain=4, stiffness=6))
    assert played.state.progress.scores[-1].primary == taken
    assert played.events(EventKind.outcome_recorded)[-1].facts["primary"] == taken


def alerts(played: PlayedPlan, question: str, answer: int) -> tuple[str, ...]:
    asked = reply_question(played.state, "told", (question,))
    return tuple(one.rule for one in finding(builtin(), str(answer), asked).alerts[question])


@pytest.mark.parametrize("measure", [shoulder(), Measure(code="PSFS", baseline=3.5, target=8, mcid=2)])
def test_stiffness_is_compared_with_the_form_s_whatever_the_goal_al_10(measure: Measure) -> None:
    played = PlayedPlan(plan_for({}, stiffness_baseline=3.0, primary=measure), NOW)
    played.approve(ApprovalKind.start)
    assert alerts(played, "CHK-STIFF", 5) == ()
    assert alerts(played, "CHK-STIFF", 6) == ("AL-10",)


def test_the_texted_activity_is_compared_with_its_own_best_whatever_the_goal_al_11() -> None:
    played = in_degrees()
    played.must(AnswerCheckIn(question="CHK-GOAL", value=8))
    assert alerts(played, "CHK-GOAL", 7) == ()
    assert alerts(played, "CHK-GOAL", 6) == ("AL-11",)


# -- the rating of change ----------------------------------------------------------------------------------


def test_a_rating_of_change_is_kept_from_minus_five_to_plus_five_and_judged_as_texted_al_09() -> None:
    protocol = plan_for({}).protocol
    assert protocol.recoded == (("CHK-BETTER", -5.0),)
    played = PlayedPlan(plan_for({}), NOW)
    played.approve(ApprovalKind.start)
    played.must(AnswerCheckIn(question="CHK-BETTER", value=8))
    played.must(AnswerCheckIn(question="CHK-GOAL", value=8))
    better, activity = played.events(EventKind.answer_recorded)
    assert (better.facts["value"], better.facts["recoded"]) == (8, 3)
    assert "recoded" not in activity.facts
    assert alerts(played, "CHK-BETTER", 2) == ("AL-09",)
    assert alerts(played, "CHK-BETTER", 3) == ()


def test_an_older_plan_reads_as_it_was_kept() -> None:
    kept = plan_for({}).plain()
    for part, names in (("protocol", ("stiffness_baseline", "recoded")), ("progress", ("best_by",))):
        for name in names:
            del kept[part][name]
    for name in ("mdc_between", "angle", "by"):
        del kept["protocol"]["primary"][name]
    again = PlanState.read(kept)
    assert again.protocol.primary.worth(("one", "another")) == 2
    assert again.protocol.recoded == ()
    assert Score.read({"session_no": 1, "at": NOW, "step": "S1", "primary": 4}).by is None
