"""Decisions that wait: a deadline, a reminder, the next of the chain, and what each answer does."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from care.agenda import agenda
from schemas.alerts import AlertReason
from schemas.commands import CloseAlert, DecideApproval, Decision, PausePlan, ProtocolEdit, ResumePlan
from schemas.events import EventKind
from schemas.plan import AgendaKind, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import HoldKind
from schemas.taper import Step
from tests.care.going_well import with_proposal
from tests.care.plans import NOW, plan_for
from tests.care.played_plan import FRONT_DESK, PlayedPlan

HEALING_KNEE: dict[str, object] = {
    "value": "healing_or_not_checked",
    "region": ["knee"],
    "date": date(2026, 2, 1),
}
CHAIN = ["staff-0", "staff-1", "staff-2", "staff-3"]


def opened(answers: dict[str, dict[str, object]] | None = None) -> PlayedPlan:
    """A plan whose form has just come in."""
    return PlayedPlan(plan_for(answers or {}), NOW)


def owner_now(played: PlayedPlan) -> str:
    """Whose the open start approval is, as the agenda says it."""
    (item,) = [i for i in agenda(played.state) if i.kind is AgendaKind.approval_escalation]
    return item.owner


def test_a_decision_has_a_deadline_in_staffed_time() -> None:
    approval = opened().approval(ApprovalKind.start)
    assert approval.due_at == datetime(2026, 3, 2, 18, 0, tzinfo=UTC)
    assert approval.remind_at == datetime(2026, 3, 2, 14, 0, tzinfo=UTC)


def test_an_undecided_approval_is_reminded_once_then_passed_along_the_chain_f26() -> None:
    played = opened()
    owners = [owner_now(played)]
    for _ in range(5):
        played.until(played.approval(ApprovalKind.start).due_at)
        owners.append(owner_now(played))
    assert owners == [*CHAIN, "staff-3", "staff-3"]
    assert len(played.events(EventKind.approval_reminded)) == 1


def test_the_last_of_the_chain_keeps_the_question_and_its_deadline_f26() -> None:
    played = opened().until(NOW + timedelta(weeks=8))
    approval = played.approval(ApprovalKind.start)
    assert approval.chain_position == 3
    assert played.now < approval.due_at < played.now + timedelta(days=4)


def test_an_approval_starts_the_plan_and_a_second_decision_is_refused() -> None:
    played = opened()
    approval = played.approval(ApprovalKind.start)
    decision = DecideApproval(approval_id=approval.id, decision=Decision.approve)
    played.must(decision)
    assert played.stands(Stage.active)
    refusal = played.ask(decision)
    assert refusal is not None
    assert refusal.code == "already_decided"


def test_front_desk_decides_nothing() -> None:
    played = opened()
    approval = played.approval(ApprovalKind.start)
    refusal = played.ask(DecideApproval(approval_id=approval.id, decision=Decision.approve), FRONT_DESK)
    assert refusal is not None
    assert refusal.code == "not_a_clinician"


def test_an_edit_takes_a_reason_and_changes_only_what_it_names() -> None:
    played = opened()
    approval = played.approval(ApprovalKind.start)
    edit = ProtocolEdit(start_step=Step.S0)
    without = DecideApproval(approval_id=approval.id, decision=Decision.edit, edit=edit)
    refusal = played.ask(without)
    assert refusal is not None
    assert refusal.code == "reason_missing"
    before = played.state.protocol
    played.must(without.but(reason_id="why"))
    assert played.state.protocol == before.but(start_step=Step.S0, revision=2)
    assert played.state.progress.step is Step.S0


def test_an_approval_never_smuggles_an_edit_in() -> None:
    played = opened()
    approval = played.approval(ApprovalKind.start)
    command = DecideApproval(
        approval_id=approval.id, decision=Decision.approve, edit=ProtocolEdit(start_step=Step.S0)
    )
    refusal = played.ask(command)
    assert refusal is not None
    assert refusal.code == "edit_not_stated"


# -- every rejection does what it says, and nothing of what an approval does (F27) ------------------------


def test_rejecting_the_start_declines_the_plan_and_books_nothing_f27() -> None:
    played = opened()
    played.reject(ApprovalKind.start)
    assert played.stands(Stage.declined)
    assert not played.state.sessions
    assert len(played.texts("plan_declined")) == 1


def test_rejecting_a_clearance_that_blocks_declines_the_plan_f27() -> None:
    played = opened({"SCR-01": {"value": "checked"}})
    played.reject(ApprovalKind.clearance)
    assert played.stands(Stage.declined)


def test_rejecting_the_clearance_of_one_region_keeps_it_held_and_the_plan_going_f27() -> None:
    played = PlayedPlan(plan_for({"SCR-08": HEALING_KNEE}, targets=("lumbar", "knee")), NOW)
    held = played.state.screening.holds
    assert [h.hold.region for h in held] == ["knee"]
    played.reject(ApprovalKind.clearance)
    assert played.stands(Stage.awaiting_approval)
    assert played.state.screening.holds == held


def test_rejecting_a_repeat_of_the_screening_declines_the_plan_f27() -> None:
    played = opened({"SCR-11": {"value": ["fever_or_infection"]}})
    assert [h.hold.kind for h in played.state.screening.holds] == [HoldKind.defer]
    played.until(NOW + timedelta(weeks=8))
    played.reject(ApprovalKind.rescreen)
    assert played.stands(Stage.declined)


@pytest.mark.parametrize("kind", [ApprovalKind.taper, ApprovalKind.discharge])
def test_rejecting_a_taper_proposal_keeps_step_and_sessions_f27(kind: ApprovalKind) -> None:
    played = with_proposal(kind)
    step, sessions = played.state.progress.step, played.state.sessions
    played.reject(kind)
    assert played.stands(Stage.active)
    assert (played.state.progress.step, played.state.sessions) == (step, sessions)


def test_rejecting_a_resume_keeps_the_plan_suspended_with_an_owner_f27(running: PlayedPlan) -> None:
    running.must(PausePlan(), FRONT_DESK)
    running.reject(ApprovalKind.resume)
    assert running.stands(Stage.suspended)
    assert running.has_alert(AlertReason.paused_plan)


def test_a_suspended_plan_whose_alert_is_closed_asks_its_therapist_again(running: PlayedPlan) -> None:
    running.must(PausePlan(), FRONT_DESK)
    running.reject(ApprovalKind.resume)
    paused = running.alert(AlertReason.paused_plan)
    running.must(CloseAlert(alert_id=paused.id, outcome="still away"))
    assert running.approval(ApprovalKind.resume)


def test_front_desk_may_ask_for_a_resume_but_not_resume(running: PlayedPlan) -> None:
    running.must(PausePlan(until=running.now + timedelta(days=20)), FRONT_DESK)
    running.must(ResumePlan(), FRONT_DESK)
    assert running.stands(Stage.suspended)
    assert running.approval(ApprovalKind.resume)
