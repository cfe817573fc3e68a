"""Commands to a plan: applied once or refused with the reason, and never half done."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from database.events import verify_chain
from schemas.commands import (
    AcknowledgeAlert,
    Command,
    DecideApproval,
    Decision,
    PausePlan,
    Reschedule,
    ResumePlan,
    Withdraw,
)
from schemas.events import EventKind
from schemas.names import new_id
from schemas.plan import Stage
from schemas.refusals import CommandRefused, EngineUnavailable, PlanUnknown
from schemas.taper import Step
from tests.workflows.care_walk import PRIYA, SAM, Walk, Walks, attended


async def _refused(walk: Walk, command: Command) -> str:
    with pytest.raises(CommandRefused) as refused:
        await walk.do(command, SAM)
    assert refused.value.sentence, "whoever asked is told why"
    return refused.value.code


async def test_a_refused_command_leaves_no_trace(walks: Walks) -> None:
    walk = await walks.active()
    session = await walk.session(1)
    now = await walk.clinic.now(walk.plan)
    before = await walk.state(), await walk.story(), len(await walk.clinic.events(walk.plan))
    refusals: dict[str, Command] = {
        "session_not_happened": attended(1),
        "unknown_session": attended(7),
        "slot_in_past": Reschedule(session_no=1, starts_at=now - timedelta(days=1)),
        "alert_closed": AcknowledgeAlert(alert_id="alert-of-somebody-else"),
        "already_decided": DecideApproval(approval_id="approval-of-last-year", decision=Decision.approve),
    }
    for code, command in refusals.items():
        assert await _refused(walk, command) == code
    assert (await walk.state(), await walk.story(), len(await walk.clinic.events(walk.plan))) == before
    assert await walk.session(1) == session


async def test_only_a_physiotherapist_decides(walks: Walks) -> None:
    walk = await walks.begin()
    approval = await walk.clinic.approval(walk.plan)
    decision = DecideApproval(approval_id=approval.id, decision=Decision.approve)
    assert await _refused(walk, decision) == "not_a_clinician"
    assert (await walk.state()).stage is Stage.awaiting_approval


async def test_the_second_decision_on_an_approval_is_refused(walks: Walks) -> None:
    walk = await walks.begin()
    approval = await walk.clinic.approval(walk.plan)
    decision = DecideApproval(approval_id=approval.id, decision=Decision.approve)
    await walk.do(decision)
    with pytest.raises(CommandRefused) as refused:
        await walk.do(decision.but(decision=Decision.reject))
    assert refused.value.code == "already_decided"
    assert (await walk.state()).stage is Stage.active


async def test_of_two_therapists_who_decide_at_once_one_wins_and_the_other_is_told(walks: Walks) -> None:
    walk = await walks.begin()
    approval = await walk.clinic.approval(walk.plan)
    decisions = [
        walk.do(DecideApproval(approval_id=approval.id, decision=decision))
        for decision in (Decision.approve, Decision.reject, Decision.approve)
    ]
    ends = await asyncio.gather(*decisions, return_exceptions=True)
    assert len([end for end in ends if isinstance(end, CommandRefused)]) == 2
    assert len(await walk.happened(EventKind.approval_decided)) == 1


async def test_the_same_command_twice_is_applied_once_and_says_so(walks: Walks) -> None:
    walk = await walks.active()
    command_id = new_id()
    first = await walk.do(PausePlan(), command_id=command_id)
    events = await walk.story()
    again = await walk.do(PausePlan(), command_id=command_id)
    assert (first.repeated, again.seq) == (False, first.seq)
    assert await walk.story() == events


async def test_a_plan_nobody_opened_is_unknown(walks: Walks) -> None:
    walk = await walks.begin()
    with pytest.raises(PlanUnknown):
        await walk.clinic.parts.plans.command(new_id(), walk.envelope(Withdraw()))


async def test_a_decision_the_plan_cannot_carry_out_is_refused_and_the_plan_lives_on(walks: Walks) -> None:
    policy = (await (await walks.begin()).state()).protocol.taper
    walk = await walks.begin(start_step=Step.S1, taper=policy.but(ladder=policy.ladder[-1:]))
    approval = await walk.clinic.approval(walk.plan)
    approve = DecideApproval(approval_id=approval.id, decision=Decision.approve)
    with pytest.raises(CommandRefused) as refused:
        await walk.do(approve)
    assert refused.value.code == "plan_fault"
    assert (await walk.state()).stage is Stage.awaiting_approval
    await walk.do(approve.but(decision=Decision.reject))
    assert (await walk.state()).stage is Stage.declined


async def test_a_step_that_the_database_will_never_take_is_refused_and_the_plan_lives_on(
    walks: Walks,
) -> None:
    walk = await walks.begin()
    before = await walk.state()
    with pytest.raises(CommandRefused) as refused:
        await walk.decide(Decision.reject, reason_id="a-note-nobody-wrote")
    assert refused.value.code == "plan_fault"
    assert await walk.state() == before
    await walk.decide()
    assert (await walk.state()).stage is Stage.active


async def test_f08_a_plan_that_our_code_cannot_digest_holds_up_no_other_plan(walks: Walks) -> None:
    hours = (await (await walks.begin()).state()).protocol.hours
    poisoned = await walks.open(hours=hours.but(zone="Europe/Atlantis"))
    walk = await walks.active()
    await walk.to((await walk.session(1)).starts_at - timedelta(hours=70))
    assert (await walk.told())[-1] == "session_reminder_72h"
    assert (await poisoned.state()).seq == 0
    assert not await poisoned.ended(), "it waits for the code that can digest it"
    with pytest.raises(EngineUnavailable):
        await poisoned.hurried().command(poisoned.plan.id, poisoned.envelope(Withdraw(), PRIYA))


async def test_the_audit_is_whole_whenever_it_is_asked_for_also_while_the_plan_is_steered(
    walks: Walks,
) -> None:
    walk = await walks.active()

    async def steered() -> None:
        for _ in range(10):
            await walk.do(PausePlan(), SAM)
            await walk.do(ResumePlan())

    steering = asyncio.create_task(steered())
    while not steering.done():
        assert (await verify_chain(walk.clinic.engine, walk.plan.id)).whole
    await steering
