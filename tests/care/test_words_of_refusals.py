"""What a plan refuses is said in words: whoever asked reads no stage, status or kind as its code."""

from __future__ import annotations

import re

import pytest

from care.guards import refuse
from care.state_words import APPROVALS, SESSIONS, STAGES
from schemas.commands import (
    Actor,
    Amend,
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
