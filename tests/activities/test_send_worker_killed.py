"""The whole way: Temporal, a real `limber worker` killed in the middle of a POST, and the worker after it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from pydantic import SecretStr
from temporalio.worker import Worker

from cli.embedded.temporal import EmbeddedTemporal
from database.plans import mark_started
from schemas.messages import MessageStatus
from schemas.names import new_id
from schemas.orders import SendOrder
from schemas.settings import Settings
from tests.activities.desk import Desk
from tests.activities.one_text import SendsOneText
from tests.worker.limber_process import KEYS, environment_of, limber_worker
from tests.worker.waiting import until
from worker.client import connect


@pytest.mark.slow
async def test_f01_the_worker_after_a_killed_one_finds_the_text_and_sends_no_second(
    desk: Desk, database_url: str, temporal: EmbeddedTemporal
) -> None:
    environment = environment_of(database_url, temporal, desk.gateway)
    client = await connect(Settings(temporal_address=temporal.address, encryption_key_list=SecretStr(KEYS)))
    # A worker's sweep goes by the world's clock: whenever this runs, the text is of use for another day.
    order = desk.reminder().but(expires_at=datetime.now(UTC) + timedelta(days=1))
    await mark_started(desk.engine, desk.state.plan_id, order.ordered_at)  # this plan stays out of the story
    desk.gateway.fault("slow", to=desk.mobile, times=1, seconds=4)
    async with Worker(client, task_queue=(queue := new_id()), workflows=[SendsOneText]):
        with limber_worker(environment) as killed:
            asked = SendOrder(order=order, now=order.ordered_at)
            handle = await client.start_workflow(SendsOneText.run, asked, id=new_id(), task_queue=queue)
            await until(lambda: len(desk.inbox()) == 1, killed)
            killed.kill()
        assert (await desk.row(order)).status is MessageStatus.sending
        with limber_worker(environment):
            outcome = await handle.result()
    assert outcome.status is MessageStatus.sent
    assert len(desk.inbox()) == 1
