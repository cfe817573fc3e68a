"""What a plan refuses is said in words: whoever asked reads no stage, status or kind as its code."""

from __future__ import annotations

import re
from typing import Any

import pytest

from care.guards import refuse
from care.state_words import APPROVALS, SESSIONS, STAGES
from schemas.commands import (
    Actor,
    Amend,
    AnswerCheckIn,
    CancelSession,
    Command,
    CommandEnvelope,
    DecideApproval,
    Decision,
    DischargePlan,
    OverrideHold,
    PausePlan,
    ProtocolEdit,
    RecordOutcome,
    ResumePlan,
    Withdraw,
)
from schemas.plan import SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.taper import Step
from tests.care.plans import NOW, plan_for
from tests.care.played_plan import FRONT_DESK, THERAPIST, PlayedPlan

_CODE = re.compile(r"[a-z]_[a-z]|`|\bsuspended\b|\bno show\b")
_ASKED: tuple[Command, ...] = (
    PausePlan(),
    ResumePlan(),
    DischargePlan(reason_id="why"),
    Amend(edit=ProtocolEdit(techniques=("not_a_technique",)), reason_id="why"),
    Amend(edit=ProtocolEdit(start_step=Step.S0), reason_id="why"),
    OverrideHold(hold_key="x", reason_id="why"),
    CancelSession(session_no=1),
    RecordOutcome(session_no=1, outcome=SessionStatus.attended),
)


def test_every_stage_status_and_kind_has_its_words() -> None:
    assert set(STAGES) == set(Stage)
    assert set(SESSIONS) == set(SessionStatus)
    assert set(APPROVALS) == set(ApprovalKind)


def started() -> PlayedPlan:
    played = PlayedPlan(plan_for({}), NOW)
    played.approve(ApprovalKind.start)
    return played


@pytest.mark.parametrize("stage", Stage)
@pytest.mark.parametrize("actor", [THERAPIST, FRONT_DESK], ids=["therapist", "front desk"])
def test_no_refusal_says_a_stage_as_its_code(stage: Stage, actor: Actor) -> None:
    state = started().state.but(stage=stage)
    for command in _ASKED:
        refusal = refuse(state, CommandEnvelope(command_id="c", actor=actor, command=command), NOW)
        assert refusal is None or not _CODE.search(refusal.sentence), refusal.sentence


@pytest.mark.parametrize("status", SessionStatus)
def test_no_refusal_says_what_became_of_a_visit_as_its_code(status: SessionStatus) -> None:
    state = started().state
    state = state.but(sessions=tuple(one.but(status=status) for one in state.sessions))
    for command in _ASKED[-2:]:
        refusal = refuse(state, CommandEnvelope(command_id="c", actor=THERAPIST, command=command), NOW)
        assert refusal is None or not _CODE.search(refusal.sentence), refusal.sentence


def test_who_may_not_decide_reads_what_is_decided() -> None:
    played = PlayedPlan(plan_for({}), NOW)
    approval = played.approval(ApprovalKind.start)
    refusal = played.ask(DecideApproval(approval_id=approval.id, decision=Decision.approve), FRONT_DESK)
    assert refusal is not None
    assert "may decide on the start of a plan" in refusal.sentence


def test_a_decision_says_nothing_that_would_come_to_nothing() -> None:
    """A step or a change of the protocol that belongs to another decision is refused, not dropped unseen."""
    waiting = PlayedPlan(plan_for({}), NOW)
    step = waiting.ask(_edited(waiting, ApprovalKind.start, step=Step.S3))
    assert step is not None
    assert step.code == "step_not_here"
    paused = started()
    paused.must(PausePlan())
    changed = paused.ask(_edited(paused, ApprovalKind.resume, edit=ProtocolEdit(session_minutes=60)))
    assert changed is not None
    assert changed.code == "edit_not_here"
    assert "going on after a hold" in changed.sentence


def _edited(played: PlayedPlan, kind: ApprovalKind, **parts: Any) -> DecideApproval:
    approval = played.approval(kind).id
    return DecideApproval(approval_id=approval, decision=Decision.edit, reason_id="why", **parts)


def test_no_check_in_of_an_ended_plan_promises_that_it_could_be_active_again() -> None:
    played = started()
    played.must(Withdraw())
    refusal = played.ask(AnswerCheckIn(question="CHK-PAIN", value=3))
    assert refusal is not None
    assert refusal.code == "plan_closed"
