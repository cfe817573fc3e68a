"""Asking a running plan: applied once, refused with a reason, and honest when nobody answers."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta

import pytest
from temporalio.client import Client
from temporalio.worker import Replayer, Worker

from cli.embedded.temporal import EmbeddedTemporal
from schemas import names
from schemas.commands import CLIENT, Command, CommandEnvelope, PausePlan, ResumePlan, Withdraw
from schemas.names import new_id, plan_workflow_id
from schemas.plan import PlanState
from schemas.refusals import CommandRefused, EngineUnavailable, PlanClosed, PlanUnknown
from schemas.settings import Settings
from tests.worker.leaky_plan import LeakyPlan
from tests.worker.stand_in_plan import SENTENCE, StandInPlan
from worker.client import connect
from worker.plan_client import PlanClient
from worker.plugin import limber_plugin
from worker.sandbox import LEAKS_RAISE
from workflows.plan import PlanWorkflow

pytestmark = pytest.mark.usefixtures("gone_afterwards")


@pytest.fixture
async def plans(client: Client) -> AsyncIterator[PlanClient]:
    """Plans with somebody to run them."""
    async with Worker(client, task_queue=names.PLAN_QUEUE, workflows=[StandInPlan]):
        yield PlanClient(client)


def _asks(command: Command, command_id: str | None = None) -> CommandEnvelope:
    return CommandEnvelope(command_id=command_id or new_id(), actor=CLIENT, command=command)


async def test_a_command_is_applied_and_answered(plans: PlanClient, state: PlanState) -> None:
    await plans.start(state)
    reply = await plans.command(state.plan_id, _asks(ResumePlan()))
    assert (reply.plan_id, reply.seq) == (state.plan_id, 1)


async def test_starting_a_plan_again_leaves_it_alone(plans: PlanClient, state: PlanState) -> None:
    await plans.start(state)
    await plans.command(state.plan_id, _asks(ResumePlan()))
    await plans.start(state)
    assert (await plans.command(state.plan_id, _asks(ResumePlan()))).seq == 2


async def test_a_command_that_comes_twice_has_one_effect(plans: PlanClient, state: PlanState) -> None:
    await plans.start(state)
    twice = _asks(ResumePlan())
    replies = await asyncio.gather(*(plans.command(state.plan_id, twice) for _ in range(5)))
    assert {reply.seq for reply in replies} == {1}


async def test_a_refusal_brings_its_code_and_its_sentence(plans: PlanClient, state: PlanState) -> None:
    await plans.start(state)
    with pytest.raises(CommandRefused) as refused:
        await plans.command(state.plan_id, _asks(PausePlan()))
    assert (refused.value.code, refused.value.sentence) == ("not_now", SENTENCE)


async def test_a_plan_that_ended_takes_no_commands_and_is_not_started_again(
    plans: PlanClient, client: Client, state: PlanState
) -> None:
    await plans.start(state)
    await plans.command(state.plan_id, _asks(Withdraw()))
    await client.get_workflow_handle(plan_workflow_id(state.plan_id)).result()
    with pytest.raises(PlanClosed, match=state.plan_id):
        await plans.command(state.plan_id, _asks(ResumePlan()))
    await plans.start(state)
    with pytest.raises(PlanClosed):
        await plans.command(state.plan_id, _asks(ResumePlan()))


async def test_a_plan_that_never_began_is_unknown(plans: PlanClient) -> None:
    with pytest.raises(PlanUnknown):
        await plans.command(new_id(), _asks(ResumePlan()))


async def test_with_no_worker_the_caller_is_told_and_the_command_is_applied_once_later(
    client: Client, state: PlanState
) -> None:
    impatient = PlanClient(client, patience=timedelta(seconds=0.5))
    await impatient.start(state)
    waiting = _asks(ResumePlan())
    with pytest.raises(EngineUnavailable, match="never applied twice"):
        await impatient.command(state.plan_id, waiting)
    async with Worker(client, task_queue=names.PLAN_QUEUE, workflows=[StandInPlan]):
        assert (await PlanClient(client).command(state.plan_id, waiting)).seq == 1


async def test_the_api_starts_without_temporal_and_says_so_when_asked(state: PlanState) -> None:
    lonely = PlanClient(
        await connect(Settings(temporal_address="127.0.0.1:9"), lazy=True), patience=timedelta(seconds=1)
    )
    with pytest.raises(EngineUnavailable):
        await lonely.start(state)
    with pytest.raises(EngineUnavailable):
        await lonely.command(state.plan_id, _asks(ResumePlan()))


async def test_nothing_readable_about_a_plan_reaches_temporal(
    plans: PlanClient, client: Client, state: PlanState
) -> None:
    await plans.start(state)
    await plans.command(state.plan_id, _asks(ResumePlan()))
    with pytest.raises(CommandRefused):
        await plans.command(state.plan_id, _asks(PausePlan()))
    history = await client.get_workflow_handle(plan_workflow_id(state.plan_id)).fetch_history()
    raw = b"".join(event.SerializeToString() for event in history.events)
    for readable in (
        b"protocol",
        state.client_id.encode(),
        b"resume",
        SENTENCE.encode(),
        b"json/plain",
    ):
        assert readable not in raw


async def test_a_replayer_with_the_same_plugin_reads_what_the_worker_wrote(
    plans: PlanClient, client: Client, settings: Settings, state: PlanState
) -> None:
    await plans.start(state)
    await plans.command(state.plan_id, _asks(ResumePlan()))
    history = await client.get_workflow_handle(plan_workflow_id(state.plan_id)).fetch_history()
    replayer = Replayer(workflows=[StandInPlan], plugins=[limber_plugin(settings.encryption_keys)])
    await replayer.replay_workflow(history)


async def test_a_workflow_that_pulls_the_database_into_its_sandbox_is_refused(
    temporal: EmbeddedTemporal,
) -> None:
    strict = limber_plugin((), on_leak=LEAKS_RAISE)
    client = await Client.connect(temporal.address, plugins=[strict])
    with pytest.raises(RuntimeError) as refused:
        Worker(client, task_queue="leaks", workflows=[LeakyPlan])
    assert "database" in str(refused.value.__cause__)


async def test_a_workflow_that_passes_its_imports_through_is_accepted(
    temporal: EmbeddedTemporal,
) -> None:
    strict = limber_plugin((), on_leak=LEAKS_RAISE)
    client = await Client.connect(temporal.address, plugins=[strict])
    Worker(client, task_queue="no-leaks", workflows=[StandInPlan])


async def test_the_plan_itself_pulls_nothing_into_its_sandbox_but_its_own_modules(
    temporal: EmbeddedTemporal,
) -> None:
    client = await Client.connect(temporal.address, plugins=[limber_plugin((), on_leak=LEAKS_RAISE)])
    Worker(client, task_queue="plan-leaks", workflows=[PlanWorkflow])
