"""A plan lives through many runs of its workflow, and nobody can tell: nothing is lost, nothing is doubled.

One clinic is told by its server to begin a new run every fifty events, the other only when the plan itself thinks
so; the same things happen at both, with commands arriving all the time.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.api.enums.v1 import EventType
from temporalio.client import WorkflowHistory

from bench.clinic import open_clinic
from cli.embedded.temporal import EmbeddedTemporal
from database.events import verify_chain
from schemas.commands import Amend, CommandReply, PausePlan, ProtocolEdit, ResumePlan
from schemas.events import EventKind
from schemas.names import new_id
from schemas.plan import Stage
from tests.workflows.care_walk import Walk, Walks

_COMMANDS = 60
_AT_ONCE = 4


@pytest.fixture(scope="module")
def impatient_temporal() -> Iterator[EmbeddedTemporal]:
    """A server that suggests a new run after fifty events."""
    server = EmbeddedTemporal(time_skipping=True, suggest_continue_as_new=50)
    server.start()
    yield server
    server.stop()


@pytest.fixture
async def brief_runs(
    engine: AsyncEngine, clinic: ModuleType, impatient_temporal: EmbeddedTemporal
) -> AsyncIterator[Walks]:
    """The clinic over that server."""
    async with open_clinic(engine, impatient_temporal.address) as running:
        yield Walks(running, first_client=100)


async def _amended_all_the_time(walk: Walk) -> list[CommandReply]:
    """Somebody keeps changing the plan, several changes under way at once."""
    turns = asyncio.Semaphore(_AT_ONCE)

    async def amend(number: int) -> CommandReply:
        async with turns:
            edit = ProtocolEdit(planned_weeks=1 + number % 100)
            return await walk.clinic.parts.plans.command(
                walk.plan.id, walk.envelope(Amend(edit=edit, reason_id="reason"))
            )

    return list(await asyncio.gather(*(amend(number) for number in range(_COMMANDS))))


async def _lived(walks: Walks) -> Walk:
    """Three visits, confirmed, attended and asked about, under a rain of commands."""
    walk = await walks.in_rhythm()
    amending = asyncio.create_task(_amended_all_the_time(walk))
    for number in (1, 2, 3):
        starts_at = (await walk.session(number)).starts_at
        await walk.live_until(starts_at - timedelta(hours=70))
        await walk.says("1")
        await walk.attend(number)
        await walk.answers_about(number, "2")
    # One that was turned away by a new run is asked again, and told that it had been recorded already.
    steps = [reply.seq for reply in await amending if not reply.repeated]
    assert len(set(steps)) == len(steps), "each command is a step of its own"
    await walk.clinic.settled(walk.plan)
    return walk


def _commands_in(run: WorkflowHistory) -> int:
    return sum(
        event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED for event in run.events
    )


@pytest.mark.slow
async def test_many_runs_and_few_tell_the_same_story(walks: Walks, brief_runs: Walks) -> None:
    few, many = await _lived(walks), await _lived(brief_runs)
    runs = [_commands_in(history) for history in await many.clinic.histories(many.plan)]
    assert len(runs) >= 8 and len([one for one in runs if one > _AT_ONCE]) >= 3
    assert len(await few.clinic.histories(few.plan)) <= 5

    for walk in (few, many):
        state = await walk.state()
        assert state.protocol.revision == 1 + _COMMANDS, "every command counted once"
        assert state.progress.sessions_completed == 3
        assert (await verify_chain(walk.clinic.engine, walk.plan.id)).whole
        assert len(await walk.phone()) == len(await walk.told())
    assert Counter(event.kind for event in await many.story()) == Counter(
        event.kind for event in await few.story()
    )
    assert await many.told() == await few.told()


async def test_a_command_sent_again_after_a_new_run_is_still_applied_once(brief_runs: Walks) -> None:
    walk = await brief_runs.active()
    command_id = new_id()
    await walk.do(PausePlan(), command_id=command_id)
    await walk.do(ResumePlan())
    run = (await walk.handle.describe()).run_id
    while (await walk.handle.describe()).run_id == run:
        await walk.do(PausePlan())
        await walk.do(ResumePlan())
    paused = await walk.happened(EventKind.paused)
    again = await walk.do(PausePlan(), command_id=command_id)
    assert again.repeated
    assert (await walk.state()).stage is Stage.active
    assert await walk.happened(EventKind.paused) == paused


async def test_a_plan_s_clock_arrives_also_where_its_moves_are_lost_to_others(walks: Walks) -> None:
    """As a move is that meets a plan on its way to the next run: that run's clock knows nothing of it."""
    walk = await walks.active()
    clock, begun = walk.plan.clock, await walk.plan.clock.now()
    moments = [begun + timedelta(minutes=minutes) for minutes in (40, 20, 30)]
    await asyncio.gather(*(clock.advance_to(moment) for moment in moments))
    assert await clock.now() >= max(moments)
