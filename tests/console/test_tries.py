"""Guessing is slow: tries are counted for an account and an address, in all processes and across their restarts."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Callable
from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncEngine

from api.app import create_app
from api.log_in_limit import FOR_ACCOUNT, FROM_ADDRESS
from database.demo_clinic import DUTY, THERAPIST
from database.tables import tries
from database.tries import Limit, forgive, note
from tests.conftest import NOW
from tests.console.conftest import MORNING, PASSWORD, SITE, Clock

Process = Callable[..., httpx2.AsyncClient]
DOOR = Limit("a door", 2)


@pytest.fixture
async def process(app: FastAPI) -> AsyncIterator[Process]:
    """Start another process of the same clinic; what comes back is a browser at it, from this address."""
    opened: list[httpx2.AsyncClient] = []

    def start(address: str = "198.51.100.7") -> httpx2.AsyncClient:
        transport = httpx2.ASGITransport(app=create_app(app.state.clinic), client=(address, 1))
        opened.append(httpx2.AsyncClient(transport=transport, base_url=SITE))
        return opened[-1]

    yield start
    for one in opened:
        await one.aclose()


async def _guess(browser: httpx2.AsyncClient, email: str, password: str = "guess") -> httpx2.Response:
    headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
    return await browser.post("/login", data={"email": email, "password": password}, headers=headers)


async def test_a_restart_gives_no_fresh_guesses_and_the_wait_is_said(process: Process, clock: Clock) -> None:
    for _ in range(FOR_ACCOUNT.tries):
        assert (await _guess(process(), THERAPIST.email)).status_code == 401
    clock.now += timedelta(minutes=4)
    right = await _guess(process("203.0.113.9"), THERAPIST.email.upper(), PASSWORD)
    assert right.status_code == 429
    assert "Too many wrong passwords for this account. Try again in 6 minutes" in right.text
    assert int(right.headers["Retry-After"]) == 360
    assert (await _guess(process(), DUTY.email, PASSWORD)).status_code == 303
    clock.now += timedelta(minutes=6)
    assert (await _guess(process(), THERAPIST.email, PASSWORD)).status_code == 303


async def test_a_hundred_guesses_at_once_are_a_hundred_guesses(process: Process) -> None:
    browsers = [process(), process()]
    answers = await asyncio.gather(*(_guess(browsers[n % 2], THERAPIST.email) for n in range(20)))
    assert Counter(one.status_code for one in answers) == {
        401: FOR_ACCOUNT.tries,
        429: 20 - FOR_ACCOUNT.tries,
    }


async def test_one_connection_cannot_try_everybody_s_account(process: Process, engine: AsyncEngine) -> None:
    browser = process()
    for number in range(FROM_ADDRESS.tries):
        await note(engine, {FROM_ADDRESS: "198.51.100.7", FOR_ACCOUNT: f"{number}@x.example"}, MORNING)
    refused = await _guess(browser, DUTY.email, PASSWORD)
    assert refused.status_code == 429
    assert "from this internet connection" in refused.text
    assert (await _guess(process("203.0.113.9"), DUTY.email, PASSWORD)).status_code == 303


async def test_the_right_password_forgives_earlier_slips_and_is_no_slip_of_the_clinic_s_address(
    process: Process, engine: AsyncEngine
) -> None:
    browser = process()
    for _ in range(FOR_ACCOUNT.tries - 1):
        await _guess(browser, THERAPIST.email)
    assert (await _guess(browser, THERAPIST.email, PASSWORD)).status_code == 303
    assert await _count(engine) == FOR_ACCOUNT.tries - 1  # the slips still count for the address
    assert (await _guess(browser, THERAPIST.email)).status_code == 401


async def test_old_tries_are_swept_and_nothing_that_was_typed_is_kept(engine: AsyncEngine) -> None:
    await note(engine, {DOOR: "correct horse"}, NOW)
    async with engine.connect() as connection:
        assert "horse" not in str((await connection.execute(select(tries))).all())
    await note(engine, {DOOR: "another"}, NOW + timedelta(hours=2))
    assert await _count(engine) == 1


async def test_a_try_that_turns_out_right_counts_nowhere(engine: AsyncEngine) -> None:
    other = Limit("another door", 1)
    noted = await note(engine, {DOOR: "ada", other: "here"}, NOW)
    assert (await note(engine, {other: "here"}, NOW)).reached == other
    await forgive(engine, noted, DOOR, "ada")
    assert (await note(engine, {other: "here"}, NOW)).reached is None


async def _count(engine: AsyncEngine) -> int:
    async with engine.connect() as connection:
        return await connection.scalar(select(func.count()).select_from(tries)) or 0
