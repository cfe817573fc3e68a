"""Texts that nobody is going to settle any more still come to an end, or to a person (F03)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from database import outbox
from database.outbox import Words
from database.receipts import FinalFailure
from messaging.gateway.testing import RunningGateway
from messaging.twilio_channel import TwilioChannel
from schemas.messages import MessageStatus, TextOrder
from tests.texts.conftest import NewClients
from tests.texts.post_office import PostOffice, a_notice
from worker.unsettled import Waits, ask_after_silent, settle_left_open

ADA = "+447700900720"
LATER = timedelta(hours=2)


def _now() -> datetime:
    return datetime.now(UTC)


async def _claimed(engine: AsyncEngine, order: TextOrder, body: str) -> None:
    await outbox.put(engine, order, order.ordered_at)
    assert await outbox.claim(engine, order, Words(ADA, body, 1), order.ordered_at, None)


async def test_f03_a_text_whose_turn_never_came_expires(
    engine: AsyncEngine, post_office: PostOffice, new_clients: NewClients
) -> None:
    order = a_notice(await new_clients.plan(ADA), expires_at=_now() - timedelta(hours=1))
    await outbox.put(engine, order, order.ordered_at)
    await settle_left_open(engine, post_office.search, _now())
    assert (await post_office.row(order)).status is MessageStatus.expired


async def test_f03_a_text_that_is_still_of_use_is_left_to_its_activity(
    engine: AsyncEngine, post_office: PostOffice, new_clients: NewClients
) -> None:
    order = a_notice(await new_clients.plan(ADA), expires_at=_now() + timedelta(hours=1))
    await outbox.put(engine, order, order.ordered_at)
    await settle_left_open(engine, post_office.search, _now())
    assert (await post_office.row(order)).status is MessageStatus.pending


@pytest.mark.parametrize(
    ("went_out", "ends_as"), [(True, MessageStatus.sent), (False, MessageStatus.unknown)]
)
async def test_f03_an_orphaned_claim_is_found_or_becomes_a_persons(
    engine: AsyncEngine,
    post_office: PostOffice,
    new_clients: NewClients,
    *,
    went_out: bool,
    ends_as: MessageStatus,
) -> None:
    order = a_notice(await new_clients.plan(ADA))
    body = f"Riverside Physio: {order.key}"
    await _claimed(engine, order, body)
    if went_out:
        post_office.channel._client.messages.create(to=ADA, from_=post_office.gateway.number, body=body)
    await settle_left_open(engine, post_office.search, _now() + LATER)
    assert (await post_office.row(order)).status is ends_as


async def test_a_lost_text_that_the_provider_lists_late_is_found_after_all(
    engine: AsyncEngine, post_office: PostOffice, new_clients: NewClients
) -> None:
    order = a_notice(await new_clients.plan(ADA))
    body = f"Riverside Physio: {order.key}"
    await _claimed(engine, order, body)
    await settle_left_open(engine, post_office.search, _now() + LATER)
    post_office.channel._client.messages.create(to=ADA, from_=post_office.gateway.number, body=body)
    await settle_left_open(engine, post_office.search, _now() + LATER)
    assert (await post_office.row(order)).status is MessageStatus.sent


@pytest.mark.parametrize(
    ("fault", "ends_as", "told"),
    [
        ("callbacks-missing", MessageStatus.delivered, 0),
        ("unreachable", MessageStatus.undelivered, 1),
    ],
)
async def test_the_provider_is_asked_after_a_text_whose_receipts_never_came(
    engine: AsyncEngine,
    gateway: RunningGateway,
    channel: TwilioChannel,
    post_office: PostOffice,
    new_clients: NewClients,
    *,
    fault: str,
    ends_as: MessageStatus,
    told: int,
) -> None:
    failures: list[FinalFailure] = []

    async def tell(failure: FinalFailure) -> None:
        failures.append(failure)

    for kind in {"callbacks-missing", fault}:
        gateway.fault(kind, to=ADA)
    order = a_notice(await new_clients.plan(ADA))
    await post_office.send(order)
    hasty = Waits(silent_for=timedelta(0))
    for _ in range(100):
        await ask_after_silent(engine, channel, tell, _now(), hasty)
        if (await post_office.row(order)).status is not MessageStatus.sent:
            break
    assert (await post_office.row(order)).status is ends_as
    assert len(failures) == told
