"""A step is in the database, and the worker that wrote it died before Temporal heard of it.

The database is the record: whatever the plan does next, it finds that step first, goes on from there, and does
nothing twice. Here the dead worker's step is written directly, as it would have been; `tests/end_to_end` kills one.
"""

from __future__ import annotations

from datetime import timedelta

from care.agenda import next_item
from care.deciding import decide
from care.opening import open_plan
from database.events import verify_chain
from database.record import record
from schemas.commands import CommandEnvelope, DecideApproval, Decision, PausePlan
from schemas.events import EventKind
from schemas.plan import SessionStatus, Stage
from schemas.refusals import CommandRefused
from tests.workflows.care_walk import SAM, Walk, Walks, attended


async def _recorded_by_a_worker_that_died(walk: Walk, envelope: CommandEnvelope) -> None:
    draft = decide(await walk.state(), envelope, await walk.clinic.now(walk.plan))
    transition = draft.finish()
    reply = await record(walk.clinic.engine, transition, next_item(transition.state))
    assert reply.state is None, "this is the first time"


async def _whole(walk: Walk) -> None:
    """The workflow and the database agree, the chain is whole, and the phone has every text once."""
    await walk.clinic.settled(walk.plan)
    keys = [text.key for text in await walk.outbox()]
    assert len(keys) == len(set(keys))
    assert len(await walk.phone()) == len(await walk.told())
    assert (await verify_chain(walk.clinic.engine, walk.plan.id)).whole


async def test_the_same_command_asked_again_is_found_done_and_its_text_goes_out(walks: Walks) -> None:
    walk = await walks.active()
    envelope = walk.envelope(PausePlan(), SAM)
    await _recorded_by_a_worker_that_died(walk, envelope)
    held = await walk.state()
    reply = await walk.clinic.parts.plans.command(walk.plan.id, envelope)
    assert (reply.seq, reply.stage) == (held.seq, Stage.suspended)
    await _whole(walk)
    assert await walk.state() == held
    assert len(await walk.happened(EventKind.paused)) == 1
    assert (await walk.told()).count("plan_paused") == 1


async def test_another_command_is_decided_on_what_the_database_holds(walks: Walks) -> None:
    walk = await walks.active()
    await walk.to((await walk.session(1)).starts_at + timedelta(hours=1))
    lost = walk.envelope(attended(1))
    await _recorded_by_a_worker_that_died(walk, lost)
    held = await walk.state()
    try:
        await walk.do(attended(1))  # the therapist tries again under another id
    except CommandRefused as refused:
        assert refused.code == "session_not_booked"
    assert len(await walk.happened(EventKind.outcome_recorded)) == 1
    await walk.do(PausePlan(), SAM)
    state = await walk.state()
    assert (state.stage, state.seq) == (Stage.suspended, held.seq + 1)
    assert (await walk.session(1)).status is SessionStatus.attended
    again = await walk.clinic.parts.plans.command(walk.plan.id, lost)
    assert again.repeated
    await _whole(walk)


async def test_what_falls_due_next_finds_the_step_and_is_looked_at_again(walks: Walks) -> None:
    """The approval was recorded; the reminder to decide, which the workflow still believes in, is not."""
    walk = await walks.begin()
    approval = await walk.clinic.approval(walk.plan)
    approve = DecideApproval(approval_id=approval.id, decision=Decision.approve)
    await _recorded_by_a_worker_that_died(walk, walk.envelope(approve))
    held = await walk.state()
    await walk.plan.clock.advance_to(approval.remind_at + timedelta(minutes=1))
    await _whole(walk)
    assert await walk.state() == held
    assert not await walk.happened(EventKind.approval_reminded)
    assert await walk.told() == ["intake_received", "visits_booked"], "the client is told after all"


async def test_a_plan_whose_opening_temporal_never_heard_of_takes_the_decision_on_it(walks: Walks) -> None:
    state = await walks.taken_in()
    opening = open_plan(state, state.opened_at).finish()
    await record(walks.clinic.engine, opening, next_item(opening.state))
    [approval] = opening.state.approvals
    walk = await walks.start(state)
    await walk.do(DecideApproval(approval_id=approval.id, decision=Decision.approve))
    await _whole(walk)
    assert (await walk.state()).stage is Stage.active
    assert len(await walk.happened(EventKind.screening_evaluated)) == 1
    assert await walk.told() == ["intake_received", "visits_booked"]
