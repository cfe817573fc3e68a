"""What the screening opens a plan with, how holds end, and how they come back."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest

from care.agenda import agenda
from care.opening import blocking, screening_valid
from care.screening import screen
from care.session_sheet import session_sheet
from schemas.alerts import AlertReason
from schemas.commands import DecideApproval, Decision, Rescreen
from schemas.events import EventKind
from schemas.messages import TextPurpose
from schemas.plan import AgendaKind, SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency
from tests.care.plans import ALL_CLEAR, NOW, plan_for
from tests.care.played_plan import FRONT_DESK, PlayedPlan

HEART_CHECKED: dict[str, dict[str, object]] = {"SCR-01": {"value": "checked"}}
FEVER: dict[str, dict[str, object]] = {"SCR-11": {"value": ["fever_or_infection"]}}
NEW_NUMBNESS: dict[str, dict[str, object]] = {"SCR-02": {"value": "new_or_worse"}}
UNSURE: dict[str, dict[str, object]] = {"SCR-15": {"value": "unsure"}}
TWO_REGIONS: dict[str, object] = {
    "value": "healing_or_not_checked",
    "region": ["knee", "shoulder"],
    "date": date(2026, 2, 1),
}


def opened(answers: dict[str, dict[str, object]], targets: tuple[str, ...] = ("lumbar",)) -> PlayedPlan:
    """A plan whose form has just come in."""
    return PlayedPlan(plan_for(answers, targets=targets), NOW)


def rescreened(
    played: PlayedPlan, answers: dict[str, dict[str, object]], items: tuple[str, ...] = ()
) -> None:
    """The questions are asked again; no items named is the whole form."""
    targets = played.state.protocol.target_regions
    result = screen(played.pack, {**ALL_CLEAR, **answers}, played.now.date(), target_regions=targets)
    played.must(Rescreen(result=result, items=items), FRONT_DESK)


def clear(played: PlayedPlan, hold_key: str, until: date) -> None:
    """A letter for one hold is recorded."""
    (approval,) = (a for a in played.state.approvals if a.proposal.hold_key == hold_key)
    played.clear(until, approval)


# -- how a plan opens ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("answers", "stage", "template", "approvals"),
    [
        ({}, Stage.awaiting_approval, "intake_received", [ApprovalKind.start]),
        (UNSURE, Stage.awaiting_clearance, None, [ApprovalKind.clearance]),
        (HEART_CHECKED, Stage.awaiting_clearance, None, [ApprovalKind.clearance]),
        (FEVER, Stage.deferred, "intake_deferred", []),
        (NEW_NUMBNESS, Stage.deferred, "MSG-CES", [ApprovalKind.clearance]),
    ],
)
def test_every_screening_puts_the_plan_before_the_right_person(
    answers: dict[str, dict[str, object]],
    stage: Stage,
    template: str | None,
    approvals: list[ApprovalKind],
) -> None:
    played = opened(answers)
    assert played.state.stage is stage
    assert [a.kind for a in played.state.approvals] == approvals
    assert len(played.texts()) == 1
    if template is not None:
        assert played.texts()[0].order.template == template


def test_an_urgent_finding_texts_at_once_and_pages_the_treating_therapist_even_at_night() -> None:
    night = datetime(2026, 3, 2, 2, 0, tzinfo=UTC)
    played = PlayedPlan(plan_for(NEW_NUMBNESS, now=night), night)
    (text,) = played.texts()
    assert text.order.purpose is TextPurpose.safety
    assert played.pages == ["staff-0"]
    assert played.alert(AlertReason.urgent_referral).urgency is Urgency.E0


def test_a_plan_with_an_emergency_open_cannot_start_even_with_every_letter() -> None:
    played = opened(NEW_NUMBNESS)
    (held,) = played.state.screening.holds
    clear(played, held.key, date(2026, 5, 1))
    assert played.stands(Stage.awaiting_approval)
    approval = played.approval(ApprovalKind.start)
    refusal = played.ask(DecideApproval(approval_id=approval.id, decision=Decision.approve))
    assert refusal is not None
    assert refusal.code == "alert_open"


def test_a_red_flag_text_before_the_start_keeps_the_plan_from_starting_until_asked_again() -> None:
    played = opened({})
    played.text("I want to die")
    alert = played.alert(AlertReason.safety_words)
    assert alert.urgency is Urgency.E0
    assert played.pages == ["staff-0"]
    assert played.state.screening.repeat_items == ("SCR-23",)


def test_a_screening_that_ran_out_before_the_start_starts_nothing() -> None:
    played = opened({}).until(NOW + timedelta(days=200))
    approval = played.approval(ApprovalKind.start)
    refusal = played.ask(DecideApproval(approval_id=approval.id, decision=Decision.approve))
    assert refusal is not None
    assert refusal.code == "rescreen_needed"


# -- letters ------------------------------------------------------------------------------------------------


def test_one_letter_never_clears_another_hold() -> None:
    played = opened({**HEART_CHECKED, **UNSURE})
    first, second = played.state.screening.holds
    clear(played, first.key, date(2026, 5, 1))
    assert [held.key for held in blocking(played.state)] == [second.key]
    assert played.stands(Stage.awaiting_clearance)


def test_one_region_s_letter_never_clears_another_region_of_the_same_rule() -> None:
    played = opened({"SCR-08": TWO_REGIONS}, targets=("lumbar", "knee", "shoulder"))
    knee, shoulder = played.state.screening.holds
    clear(played, knee.key, date(2026, 5, 1))
    still = [held.hold.region for held in played.state.screening.holds if held.discharged_at is None]
    assert still == [shoulder.hold.region]


def test_a_letter_counts_no_longer_than_its_rule_allows() -> None:
    played = opened(HEART_CHECKED)
    (held,) = played.state.screening.holds
    clear(played, held.key, date(2030, 1, 1))
    assert played.state.screening.holds[0].document_valid_until == NOW.date() + timedelta(days=90)


def test_a_letter_that_has_run_out_clears_nothing() -> None:
    played = opened(HEART_CHECKED)
    approval = played.approval(ApprovalKind.clearance)
    for until in (None, NOW.date()):
        command = DecideApproval(
            approval_id=approval.id, decision=Decision.approve, document_valid_until=until
        )
        refusal = played.ask(command)
        assert refusal is not None
        assert refusal.code == "document_not_valid"


def running_on_a_letter() -> PlayedPlan:
    """A plan that started because of a letter that counts until 31 May."""
    played = PlayedPlan(plan_for(HEART_CHECKED, screening_valid_days=180), NOW)
    clear(played, played.state.screening.holds[0].key, date(2026, 5, 31))
    played.approve(ApprovalKind.start)
    return played


def test_a_new_letter_is_asked_for_before_the_old_one_runs_out() -> None:
    played = running_on_a_letter().until(datetime(2026, 5, 18, 12, 0, tzinfo=UTC))
    hold = played.state.screening.holds[0]
    assert played.stands(Stage.active)
    clear(played, hold.key, date(2026, 8, 1))
    played.until(datetime(2026, 6, 1, 12, 0, tzinfo=UTC))
    assert played.stands(Stage.active)


def test_a_letter_that_runs_out_brings_its_hold_back_and_holds_the_visits_haz_07() -> None:
    played = running_on_a_letter().until(datetime(2026, 5, 31, 8, 0, tzinfo=UTC))
    assert played.stands(Stage.suspended)
    assert blocking(played.state)
    coming = [s.status for s in played.state.sessions if s.starts_at > played.now]
    assert set(coming) <= {SessionStatus.held}
    refusal = played.ask(
        DecideApproval(approval_id=played.approval(ApprovalKind.resume).id, decision=Decision.approve)
    )
    assert refusal is not None
    assert refusal.code == "holds_open"


def test_a_letter_that_runs_out_before_the_start_puts_the_plan_back() -> None:
    played = opened(HEART_CHECKED)
    clear(played, played.state.screening.holds[0].key, date(2026, 3, 20))
    assert played.stands(Stage.awaiting_approval)
    played.until(datetime(2026, 3, 20, 12, 0, tzinfo=UTC))
    assert played.stands(Stage.awaiting_clearance)
    assert [a.kind for a in played.state.approvals] == [ApprovalKind.clearance]


def left_out(played: PlayedPlan) -> list[str | None]:
    """The regions on which nothing may be done."""
    return [one.region for one in played.state.protocol.restrictions if one.code == "R-EXCL-REGION"]


def may_do(played: PlayedPlan) -> set[str]:
    """The techniques that the session sheet allows."""
    return {one.technique for one in session_sheet(played.pack, played.state.protocol).allowed}


def test_a_region_that_its_letter_cleared_is_treated_until_the_letter_runs_out_alg_6() -> None:
    played = opened({"SCR-08": {**TWO_REGIONS, "region": "knee"}}, targets=("knee",))
    assert left_out(played) == ["knee"] and may_do(played) == set()
    clear(played, played.state.screening.holds[0].key, date(2026, 5, 1))
    played.approve(ApprovalKind.start)
    assert left_out(played) == [] and "static" in may_do(played)
    played.until(datetime(2026, 5, 1, 12, 0, tzinfo=UTC))
    assert played.stands(Stage.suspended)
    assert left_out(played) == ["knee"] and may_do(played) == set()


def test_a_region_stays_left_out_while_anything_else_holds_it_or_a_rule_leaves_it_out() -> None:
    spread: dict[str, object] = {
        "value": "past",
        "bone_spread": "yes",
        "years_since_treatment": 9,
        "side_effects": ["none"],
        "region": "knee",
    }
    sore: dict[str, object] = {"value": ["severe"], "region": "knee"}
    unchecked: dict[str, object] = {**TWO_REGIONS, "region": "knee"}
    played = opened({"SCR-08": unchecked, "SCR-13": sore, "SCR-19": spread}, ("knee",))
    keys = [held.key for held in played.state.screening.holds if held.hold.region == "knee"]
    clear(played, keys[0], date(2026, 5, 1))
    assert left_out(played) == ["knee", "knee"], "the other hold's, and the cancer's own"
    clear(played, keys[1], date(2026, 5, 1))
    assert left_out(played) == ["knee"] and may_do(played) == set(), "SCR-19-b leaves it out by itself"


def test_on_its_very_day_a_letter_has_run_out_also_where_the_question_is_asked_again() -> None:
    for day, stage in ((30, Stage.active), (31, Stage.suspended)):
        played = running_on_a_letter()
        played.now = datetime(2026, 5, day, 8, 0, tzinfo=UTC)
        rescreened(played, HEART_CHECKED, items=("SCR-21",))
        assert played.stands(stage)


def test_on_its_very_day_a_screening_has_run_out_for_the_taper_too_tap_sus_2() -> None:
    plan = plan_for({})
    until = datetime.combine(plan.screening.valid_until, time(0), tzinfo=UTC)
    assert screening_valid(plan, until - timedelta(hours=2))
    assert not screening_valid(plan, until)


# -- asking again -------------------------------------------------------------------------------------------


def test_a_deferred_screening_comes_back_by_itself_and_the_date_lifts_nothing_alg_7() -> None:
    played = opened(FEVER)
    (item,) = [i for i in agenda(played.state) if i.kind is AgendaKind.rescreen_due]
    played.until(item.due)
    approval = played.approval(ApprovalKind.rescreen)
    assert played.stands(Stage.deferred)
    refusal = played.ask(DecideApproval(approval_id=approval.id, decision=Decision.approve))
    assert refusal is not None
    assert refusal.code == "rescreen_needed"


def test_asked_again_and_well_the_deferred_client_waits_for_the_therapist() -> None:
    played = opened(FEVER).until(NOW + timedelta(days=8))
    rescreened(played, {})
    assert played.stands(Stage.awaiting_approval)
    assert [a.kind for a in played.state.approvals] == [ApprovalKind.start]


def test_asked_again_and_still_ill_the_client_is_asked_once_more_a_week_later() -> None:
    played = opened(FEVER).until(NOW + timedelta(days=8))
    rescreened(played, FEVER)
    assert played.stands(Stage.deferred)
    (item,) = [i for i in agenda(played.state) if i.kind is AgendaKind.rescreen_due]
    assert item.due.date() == played.now.date() + timedelta(days=7)


def test_a_letter_is_still_needed_after_the_questions_were_asked_again() -> None:
    played = opened(HEART_CHECKED)
    rescreened(played, {})
    assert played.stands(Stage.awaiting_clearance)


def test_a_request_for_a_gap_in_the_form_lapses_once_the_gap_is_filled() -> None:
    played = opened({"SCR-04": {}})
    assert [a.kind for a in played.state.approvals] == [ApprovalKind.clearance]
    rescreened(played, {})
    assert [a.kind for a in played.state.approvals] == [ApprovalKind.start]


def test_a_red_flag_found_when_asked_again_stops_a_running_plan(running: PlayedPlan) -> None:
    rescreened(running, NEW_NUMBNESS)
    assert running.stands(Stage.suspended)
    assert running.alert(AlertReason.urgent_referral).urgency is Urgency.E0
    assert len(running.texts("MSG-CES")) == 1


def test_a_few_questions_asked_again_do_not_renew_the_whole_screening(running: PlayedPlan) -> None:
    until = running.state.screening.valid_until
    running.until(NOW + timedelta(days=30))
    rescreened(running, {}, items=("SCR-02",))
    assert running.state.screening.valid_until == until
    rescreened(running, {})
    assert running.state.screening.valid_until == running.now.date() + timedelta(days=180)


def test_a_screening_that_runs_out_holds_the_visits_until_all_of_it_is_repeated() -> None:
    played = PlayedPlan(plan_for({}, screening_valid_days=30), NOW)
    played.approve(ApprovalKind.start)
    played.until(NOW + timedelta(days=16))
    assert played.alert(AlertReason.screening_expires).urgency is Urgency.E3
    played.until(NOW + timedelta(days=31))
    assert played.alert(AlertReason.screening_expires).urgency is Urgency.E2
    assert played.stands(Stage.suspended)
    assert len(played.texts("session_held")) == 1
    approval = played.approval(ApprovalKind.resume)
    resume = DecideApproval(approval_id=approval.id, decision=Decision.approve)
    refusal = played.ask(resume)
    assert refusal is not None
    assert refusal.code == "rescreen_needed"
    rescreened(played, {})
    played.must(resume)
    assert played.stands(Stage.active)
    assert not played.has_alert(AlertReason.screening_expires)


def test_every_hold_that_ends_is_on_record() -> None:
    played = opened({**HEART_CHECKED, **UNSURE})
    for held in played.state.screening.holds:
        clear(played, held.key, date(2026, 5, 1))
    assert len(played.events(EventKind.hold_discharged)) == 2
