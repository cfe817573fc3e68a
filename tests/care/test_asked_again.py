"""Asked again, and answered: what a repeated screening ends, takes away or brings, and what it leaves alone."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

from care.asking_again import asked_again
from care.opening import blocking
from schemas.alerts import AlertReason
from schemas.commands import (
    Actor,
    DecideApproval,
    Decision,
    PausePlan,
    RecordAssessment,
    Refusal,
    ResumePlan,
)
from schemas.plan import Stage
from schemas.protocol import ApprovalKind
from schemas.treating import AssessmentOutcome
from tests.care.plans import ALL_CLEAR, NOW, plan_for
from tests.care.played_plan import FRONT_DESK, THERAPIST, PlayedPlan

Answers = dict[str, Any]

LAST_DAY = date(2026, 5, 31)
"""Until when the letters of these tests count."""
WOUND: Answers = {"SCR-11": {"value": ["wound_or_skin_problem"], "region": ["knee"]}}
NO_TOUCH: Answers = {"SCR-25": {"value": ["can_say_stop", "not_ok_with_touch"]}}
WORST_PAIN: Answers = {"SCR-16": {"value": 9, "worst_24h": 10, "sharp": "no"}}
BENDY: Answers = {"SCR-14": {"value": ["very_bendy"]}, "SCR-17": {"value": ["bp_controlled"]}}
CHECKED: Answers = {"SCR-01": {"value": "checked"}}


def told(
    played: PlayedPlan, answers: Answers, *items: str, before: Answers | None = None, by: Actor = FRONT_DESK
) -> None:
    """These questions are put again (all of them, if none is named); of the others stands what was said before."""
    known = {**ALL_CLEAR, **(before or {})}
    whole = {**known, **{item: ALL_CLEAR[item] for item in items}, **answers}
    today = played.now.date()
    command = asked_again(
        played.pack,
        played.state,
        today,
        known=known,
        told={item: whole[item] for item in items} if items else whole,
        whole=not items,
    )
    played.must(command, by)


def running(
    answers: Answers | None = None, targets: tuple[str, ...] = ("lumbar",), **other: Any
) -> PlayedPlan:
    played = PlayedPlan(plan_for(answers or {}, targets=targets, **other), NOW)
    played.approve(ApprovalKind.start)
    return played


def open_holds(played: PlayedPlan) -> list[str]:
    return [held.hold.rule for held in played.state.screening.holds if held.discharged_at is None]


def start_refused(played: PlayedPlan) -> Refusal | None:
    start = played.approval(ApprovalKind.start)
    return played.ask(DecideApproval(approval_id=start.id, decision=Decision.approve))


def test_a_healed_knee_stays_out_until_a_physiotherapist_has_asked_alg_7() -> None:
    played = running(WOUND, ("lumbar", "knee"))
    told(played, {}, "SCR-11", before=WOUND)
    assert open_holds(played) == ["SCR-11-c"], "the front desk's word lifts no region"
    told(played, {}, "SCR-11", before=WOUND, by=THERAPIST)
    assert not open_holds(played)


def test_another_question_says_nothing_about_the_wound() -> None:
    played = running(WOUND, ("lumbar", "knee"))
    told(played, {}, "SCR-21", before=WOUND, by=THERAPIST)
    assert open_holds(played) == ["SCR-11-c"]


def test_a_question_that_is_left_blank_heals_nothing_alg_8() -> None:
    played = running(WOUND, ("lumbar", "knee"))
    told(played, {"SCR-11": {}}, "SCR-11", before=WOUND, by=THERAPIST)
    assert "SCR-11-c" in open_holds(played)


def test_the_worst_pain_told_to_the_front_desk_is_called_back_like_at_intake_once() -> None:
    played = running()
    told(played, WORST_PAIN, "SCR-16")
    alert = played.alert(AlertReason.urgent_referral)
    assert alert.rule == "SCR-16-a"
    assert len(played.texts("MSG-CALLBACK")) == 1
    told(played, {}, "SCR-21", before=WORST_PAIN)
    assert len(played.texts("MSG-CALLBACK")) == 1, "it was not told anew"


def test_a_plan_that_nothing_is_left_for_does_not_start() -> None:
    played = PlayedPlan(plan_for({}), NOW)
    told(played, NO_TOUCH, "SCR-25")
    assert played.state.protocol.techniques == ()
    for approval in played.state.approvals:
        if approval.kind is ApprovalKind.clearance:
            played.clear(LAST_DAY, approval)
    refusal = start_refused(played)
    assert refusal is not None and refusal.code == "nothing_allowed"


def test_a_running_plan_that_nothing_is_left_for_stands_still_and_does_not_resume() -> None:
    played = running()
    played.attend(1)
    told(played, NO_TOUCH, "SCR-25")
    assert played.stands(Stage.suspended)
    refusal = played.ask(ResumePlan())
    assert refusal is not None


def test_techniques_that_a_new_finding_rules_out_are_gone_and_do_not_come_back_by_themselves_p3() -> None:
    played = running()
    assert played.state.protocol.techniques
    told(played, NO_TOUCH, "SCR-25")
    told(played, {}, "SCR-25", before=NO_TOUCH)
    assert played.state.protocol.techniques == ()


def test_a_renewed_letter_that_has_not_come_yet_ends_nothing_before_the_old_ones_last_day() -> None:
    played = PlayedPlan(plan_for(CHECKED), NOW)
    (held,) = blocking(played.state)
    played.clear(LAST_DAY)
    played.approve(ApprovalKind.start)
    played.until(datetime(2026, 5, 20, 12, 0, tzinfo=UTC))
    played.reject(ApprovalKind.clearance)
    assert not played.stands(Stage.declined)
    assert held.hold.rule not in open_holds(played)
    played.until(datetime(2026, 6, 1, 12, 0, tzinfo=UTC))
    assert held.hold.rule in open_holds(played), "and on that day the hold is back"


def cleared(fracture: Answers) -> PlayedPlan:
    """A running plan whose client's broken knee a letter has cleared; the back is treated meanwhile."""
    played = PlayedPlan(plan_for(fracture, targets=("knee", "lumbar")), NOW)
    played.approve(ApprovalKind.start)
    played.clear(LAST_DAY)
    played.attend(1)
    return played


def broken(on: date) -> Answers:
    return {
        "SCR-08": {
            "value": "healing_or_not_checked",
            "region": ["knee"],
            "side": "left",
            "date": on.isoformat(),
        }
    }


def test_a_letter_about_one_break_says_nothing_of_the_next_under_the_same_rule_alg_4() -> None:
    first, again = broken(date(2026, 1, 5)), broken(date(2026, 3, 9))
    played = cleared(first)
    assert not open_holds(played)
    told(played, first, "SCR-08", before=first)
    assert not open_holds(played), "the same answer: its letter counts until its last day"
    told(played, again, "SCR-08", before=first)
    assert open_holds(played)
    assert played.approval(ApprovalKind.clearance)


def test_what_has_gone_since_the_letter_came_asks_for_no_other_letter_alg_4() -> None:
    both: Answers = {"SCR-12": {"value": ["told_osteoporosis", "spine_fracture"]}}
    played = running()
    one: Answers = {"SCR-12": {"value": ["told_osteoporosis"]}}
    known = asked_again(
        played.pack,
        played.state,
        played.now.date(),
        known={**ALL_CLEAR, **both},
        told=one,
        whole=False,
    )
    assert (known.other, known.elsewhere) == ((), ())
    more = asked_again(
        played.pack, played.state, played.now.date(), known={**ALL_CLEAR, **one}, told=both, whole=False
    )
    assert more.other == ("SCR-12",)


def examined() -> PlayedPlan:
    played = running(assessment_needed=True)
    played.until(played.session(1).starts_at)
    played.must(RecordAssessment(outcome=AssessmentOutcome.suitable, items=("PA-01",)))
    played.attend(1)
    return played


def test_the_client_is_examined_anew_after_a_long_gap_though_the_form_was_filled_in_before_the_return() -> (
    None
):
    played = examined()
    back = played.now + timedelta(days=120)
    played.must(PausePlan(until=back))
    played.until(back)
    told(played, {})
    played.must(ResumePlan())
    assert played.state.assessment is None


def test_what_the_assessment_did_not_look_at_is_looked_at_before_hands_are_laid_on_again() -> None:
    played = examined()
    told(played, {}, "SCR-21")
    assert played.state.assessment is not None, "nothing new to look at"
    told(played, BENDY, "SCR-14", "SCR-17")
    assert played.state.assessment is None


def test_a_form_counts_no_longer_than_what_a_few_new_answers_make_of_it() -> None:
    played = running()
    before = played.state.screening.valid_until
    told(played, {"SCR-17": {"value": ["bp_controlled"]}}, "SCR-17")
    assert played.state.screening.valid_until < before
