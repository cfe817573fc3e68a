"""A worker killed at any point of a send costs a look, never a second text (F01)."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from temporalio.exceptions import ApplicationError

from schemas.messages import MessageStatus, TextOrder
from schemas.orders import SendOrder
from tests.activities.crashing_sender import REACHED, CrashPoint
from tests.activities.desk import IMPATIENT, Desk


async def _killed_at(point: CrashPoint, desk: Desk, order: TextOrder, database_url: str) -> None:
    """A worker sends the text and is killed (SIGKILL) at this point."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "tests.activities.crashing_sender", point),
        cwd=Path(__file__).parents[2],
        env={
            "DATABASE_URL": database_url,
            "ACCOUNT": desk.gateway.account_sid,
            "TOKEN": desk.gateway.auth_token,
            "FROM": desk.gateway.number,
            "GATEWAY": desk.gateway.url,
        },
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    assert process.stdin and process.stdout and process.stderr
    process.stdin.write(SendOrder(order=order, now=order.ordered_at).model_dump_json().encode())
    process.stdin.close()
    said = [line.decode().strip() async for line in _until_reached(process.stdout)]
    process.kill()
    if said[-1:] != [REACHED]:
        pytest.fail(f"the worker never got to {point}: {(await process.stderr.read()).decode()[-2000:]}")
    await process.wait()


async def _until_reached(stdout: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """What the process says, log lines among it, until it stands still or ends."""
    async for line in stdout:
        yield line
        if line.decode().strip() == REACHED:
            return


@pytest.mark.parametrize(
    ("point", "left_as", "ends_as", "texts"),
    [
        (CrashPoint.before_claim, MessageStatus.pending, MessageStatus.sent, 1),
        (CrashPoint.before_post, MessageStatus.sending, MessageStatus.unknown, 0),
        (CrashPoint.after_post, MessageStatus.sending, MessageStatus.sent, 1),
        (CrashPoint.after_settle, MessageStatus.sent, MessageStatus.sent, 1),
    ],
)
async def test_f01_a_worker_killed_during_a_send_never_makes_it_two(
    desk: Desk,
    database_url: str,
    *,
    point: CrashPoint,
    left_as: MessageStatus,
    ends_as: MessageStatus,
    texts: int,
) -> None:
    order = desk.reminder()
    await _killed_at(point, desk, order, database_url)
    assert (await desk.row(order)).status is left_as
    outcomes = [await desk.send(order, patience=IMPATIENT) for _ in range(3)]
    assert [outcome.status for outcome in outcomes] == [ends_as] * 3
    assert len(desk.inbox()) == texts


async def test_f01_a_worker_killed_while_the_provider_answers_is_not_overtaken(
    desk: Desk, database_url: str
) -> None:
    order = desk.reminder()
    await _killed_at(CrashPoint.after_post, desk, order, database_url)
    attempts = await asyncio.gather(*(desk.send(order) for _ in range(6)), return_exceptions=True)
    assert len(desk.inbox()) == 1
    assert all(
        isinstance(one, ApplicationError) or getattr(one, "status", None) is MessageStatus.sent
        for one in attempts
    )
    assert (await desk.row(order)).status is MessageStatus.sent
