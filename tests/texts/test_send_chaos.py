"""Whatever the provider does and wherever the sender dies, a text arrives at most once and its fate is known.

Each run has a seed of its own. The sender is a process that is really killed; the provider is the gateway with a
fault; the next worker is this process. Afterwards the sweeps run, as they do every minute.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import random
import sys
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from database.outbox_states import TERMINAL
from database.receipts import FinalFailure
from messaging.gateway.testing import RunningGateway
from messaging.twilio_channel import TwilioChannel
from schemas.messages import MessageStatus, TextOrder
from schemas.orders import SendOrder
from tests.texts.conftest import NewClients, Office
from tests.texts.mortal_sender import Errand, KillPoint
from tests.texts.post_office import NOW, PostOffice, a_notice
from worker.unsettled import Waits, ask_after_silent, settle_left_open

RUNS = 200
AT_ONCE = 10
LONGEST_LIFE = 0.12
"""Seconds that a sender may live on after its POST began: some die before it arrives, some after the answer."""
FAULTS: tuple[tuple[str, dict[str, float]], ...] = (
    ("none", {}),
    ("401", {}),
    ("429", {"seconds": 1}),
    ("refused", {"code": 21614}),
    ("500-before-accepting", {}),
    ("500-after-accepting", {}),
    ("drop-before-accepting", {}),
    ("drop-after-accepting", {}),
    ("slow", {"seconds": 0.9}),
    ("callbacks-duplicated", {}),
    ("callbacks-reordered", {}),
    ("callbacks-late", {"seconds": 0.5}),
    ("callbacks-missing", {}),
    ("unreachable", {}),
)
NO_WAITING = Waits(orphaned_after=timedelta(0), silent_for=timedelta(0))
SETTLED = TERMINAL | {MessageStatus.unknown}
"""An end, or a person's to look for."""


class Senders:
    """The process that forks senders; each errand ends when its sender is gone."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self._waiting: dict[int, asyncio.Future[None]] = {}
        self._numbers = itertools.count()
        self._listening = asyncio.create_task(self._listen())

    async def send_and_die(self, order: TextOrder, point: KillPoint, delay: float) -> None:
        """Send it from a process that is killed at this point, unless the send ends before that."""
        number = next(self._numbers)
        errand = Errand(
            number=number, point=point, delay=delay, order=SendOrder(order=order, now=order.ordered_at)
        )
        self._waiting[number] = asyncio.get_running_loop().create_future()
        assert self._process.stdin
        self._process.stdin.write(errand.model_dump_json().encode() + b"\n")
        async with asyncio.timeout(30):
            await self._waiting[number]

    async def _listen(self) -> None:
        assert self._process.stdout
        while line := await self._process.stdout.readline():
            self._waiting[int(line)].set_result(None)

    async def close(self) -> None:
        """No more errands."""
        assert self._process.stdin
        self._process.stdin.close()
        await self._process.wait()
        await self._listening


@pytest.fixture
async def senders(database_url: str, gateway: RunningGateway, office: Office) -> AsyncIterator[Senders]:
    """Senders that can be killed."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.texts.mortal_sender"),
        cwd=Path(__file__).parents[2],
        env={
            "PATH": os.environ.get("PATH", ""),
            "DATABASE_URL": database_url,
            "ACCOUNT": gateway.account_sid,
            "TOKEN": gateway.auth_token,
            "FROM": gateway.number,
            "GATEWAY": gateway.url,
            "CALLBACK": f"{office.url}/webhooks/twilio/status",
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    running = Senders(process)
    yield running
    await running.close()


@pytest.mark.slow
async def test_f01_f03_two_hundred_crashes_and_faults_send_no_text_twice_and_lose_none(
    *,
    engine: AsyncEngine,
    gateway: RunningGateway,
    channel: TwilioChannel,
    new_clients: NewClients,
    post_office: PostOffice,
    senders: Senders,
) -> None:
    plans = [await new_clients.plan(mobile=f"+447700900{number:03d}") for number in range(RUNS)]
    turns = asyncio.Semaphore(AT_ONCE)
    cases = itertools.islice(itertools.cycle(itertools.product(FAULTS, KillPoint)), RUNS)

    async def run(seed: int, fault: tuple[str, dict[str, float]], point: KillPoint) -> TextOrder:
        chance = random.Random(seed)
        mobile, order = f"+447700900{seed:03d}", a_notice(plans[seed])
        kind, terms = fault
        async with turns:
            if kind != "none":
                times = chance.choice((1, 2)) if kind[0].isdecimal() or kind.startswith("drop") else 9
                await asyncio.to_thread(gateway.fault, kind, to=mobile, times=times, **terms)
            await senders.send_and_die(order, point, chance.uniform(0.0, LONGEST_LIFE))
            if chance.random() < 0.25:
                await senders.send_and_die(
                    order, chance.choice(list(KillPoint)), chance.uniform(0.0, LONGEST_LIFE)
                )
            await post_office.send(order)
        return order

    orders = await asyncio.gather(*(run(seed, *case) for seed, case in enumerate(cases)))
    await _receipts_have_come(post_office, orders)
    await settle_left_open(engine, post_office.search, datetime.now(UTC), NO_WAITING)
    for _ in range(RUNS // 50):
        await ask_after_silent(engine, channel, _noted, datetime.now(UTC), NO_WAITING)

    for seed, order in enumerate(orders):
        row, phone = await post_office.row(order), await post_office.phone(f"+447700900{seed:03d}")
        case = f"seed {seed}: {row.status} ({row.reason}), {len(phone)} on the phone"
        assert row.status in SETTLED, case
        assert len(phone) <= 1, case
        assert (row.status is MessageStatus.delivered) <= (len(phone) == 1), case
        assert (row.status is MessageStatus.unknown) <= (len(phone) == 0), case


async def _receipts_have_come(post_office: PostOffice, orders: list[TextOrder]) -> None:
    """Every receipt that is to come is there: nothing has changed for a while."""
    last, since = 0, 0
    while since < 4:
        count = (await post_office.sql("SELECT count(*) FROM receipts")).scalar_one()
        last, since = (last, since + 1) if count == last else (count, 0)
        await asyncio.sleep(0.2)


async def _noted(failure: FinalFailure) -> None:
    assert failure.key


def test_the_runs_cover_every_fault_at_every_point_of_death() -> None:
    assert len(FAULTS) * len(KillPoint) <= RUNS
    assert NOW.tzinfo is UTC
