"""A text that did not arrive is sent once more where a person asks for it, and never twice."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.packs import PackShelf
from activities.sending_again import SendingAgain
from activities.wording import Wording
from database import outbox
from database.demo_clinic import FRONT_DESK
from database.retries import send_again, waiting_retries
from database.undo import take_back
from messaging.templates import all_books
from tests.texts.conftest import NewClients
from tests.texts.post_office import NOW, WENT, PostOffice, a_notice

ADA = "+447700900713"
BEN = "+447700900714"
WINDOW = timedelta(seconds=10)


@pytest.fixture
def again(engine: AsyncEngine, post_office: PostOffice) -> SendingAgain:
    """What the worker's round does."""
    return SendingAgain(engine, post_office.channel, Wording(PackShelf(engine), all_books()), lambda: WINDOW)


async def test_a_failed_text_goes_once_more_and_only_once(
    post_office: PostOffice, new_clients: NewClients, again: SendingAgain
) -> None:
    plan = await new_clients.plan(ADA)
    order = a_notice(plan)
    await outbox.put(post_office.engine, order, NOW)
    assert not await send_again(post_office.engine, order.key, FRONT_DESK.id, NOW)  # it has not failed
    await post_office.sql(
        "UPDATE messages SET status = 'undelivered', error_code = '30008', settled_at = now() WHERE key = :key",
        key=order.key,
    )
    assert await send_again(post_office.engine, order.key, FRONT_DESK.id, NOW)
    assert not await send_again(post_office.engine, order.key, FRONT_DESK.id, NOW)
    await again.round(NOW + timedelta(seconds=3))
    assert await post_office.phone(ADA) == []  # it may still be taken back
    await again.round(NOW + WINDOW)
    await again.round(NOW + WINDOW)
    assert len(await post_office.phone(ADA)) == 1
    second = await outbox.get(post_office.engine, f"{order.key}:again")
    assert second.status in WENT
    assert second.stands_for == order.key


async def test_a_second_try_can_be_taken_back(
    post_office: PostOffice, new_clients: NewClients, again: SendingAgain
) -> None:
    plan = await new_clients.plan(BEN)
    order = a_notice(plan)
    await outbox.put(post_office.engine, order, NOW)
    await post_office.sql("UPDATE messages SET status = 'failed' WHERE key = :key", key=order.key)
    assert await send_again(post_office.engine, order.key, FRONT_DESK.id, NOW)
    [waiting] = await waiting_retries(post_office.engine)
    assert await take_back(post_office.engine, plan.plan_id, waiting.key, FRONT_DESK.id, NOW)
    await again.round(NOW + WINDOW)
    assert await post_office.phone(BEN) == []
