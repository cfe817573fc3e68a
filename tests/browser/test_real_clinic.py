"""The whole clinic as `limber up` runs it, with a therapist at the console and a client at her phone."""

from __future__ import annotations

import io
import json
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import pytest
from playwright.async_api import Browser, BrowserContext, Page, expect
from pydantic import SecretStr
from rich.console import Console

from care.agenda import agenda
from care.local_time import is_quiet, out_of_quiet
from cli.embedded.data_directory import DataDirectory
from cli.embedded.stack import Stack
from cli.embedded.stack_ports import StackPorts
from cli.embedded.terminal import Terminal
from cli.playing.clock import PlanClock
from cli.playing.people import Staff
from cli.playing.watch import PlanWatch
from database.demo_clinic import LOGINS_FILE, THERAPIST
from database.engine import create_engine
from schemas.prompts import PromptKind
from schemas.settings import Settings
from worker.client import connect

pytestmark = pytest.mark.slow

_FORM: Final = Path(__file__).parents[2] / "docs" / "examples" / "anna-back-pain.json"
_PATIENCE: Final = 30_000
"""Milliseconds for what happens on real parts on a busy machine."""
_AT_ONCE: Final = 2_000
"""Milliseconds within which a red flag is on every open board: a promise, so the one limit that is a test."""
_MOST_ITEMS: Final = 12


@dataclass(frozen=True)
class RealClinic:
    """The running parts' addresses, and a window of somebody who is signed in."""

    stack: Stack
    priya: BrowserContext
    form: dict[str, Any]


@contextmanager
def _stack(folder: Path) -> Iterator[tuple[Stack, str]]:
    """The parts of `limber up`, with plans' clocks that can be moved, and Priya's password."""
    directory = DataDirectory(folder)
    directory.lock()
    stack = Stack(
        directory,
        Settings(),
        StackPorts(usual=False),
        Terminal(Console(file=io.StringIO())),
        demo=True,
        virtual_time=True,
    )
    try:
        stack.start()
        logins = json.loads(directory.read(LOGINS_FILE) or "[]")
        yield stack, next(one["password"] for one in logins if one["email"] == THERAPIST.email)
    finally:
        stack.supervisor.stop()


@pytest.fixture
async def clinic(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[RealClinic]:
    """A whole clinic, opened for this test."""
    folder = tmp_path_factory.mktemp("real-clinic")
    with _stack(folder / "data") as (stack, password):
        context = await browser.new_context(locale="en-GB", reduced_motion="reduce")
        context.set_default_timeout(_PATIENCE)
        page = await context.new_page()
        await page.goto(f"{stack.api_url}/login")
        await page.get_by_label("E-mail").fill(THERAPIST.email)
        await page.get_by_label("Password").fill(password)
        await page.get_by_role("button", name="Sign in").click()
        await page.wait_for_url("**/attention")
        yield RealClinic(stack, context, json.loads(_FORM.read_text()))
        await context.close()


async def test_from_approval_to_a_red_flag_without_a_reload(clinic: RealClinic) -> None:
    board = await clinic.priya.new_page()
    await board.goto(f"{clinic.stack.api_url}/approvals")
    plan_id = await _take_in(clinic)
    review = board.locator("[data-row]", has_text="A.K.").get_by_role("link", name="Review")
    await expect(review).to_be_visible(timeout=_PATIENCE)  # it came in by itself

    await review.click()
    await board.get_by_role("button", name="Approve", exact=True).click()
    await expect(board.get_by_text("Approved. The plan goes on as proposed.")).to_be_visible(
        timeout=_PATIENCE
    )

    phone = await clinic.priya.new_page()
    day = await _until_a_visit_is_to_be_confirmed(clinic, plan_id)
    await phone.goto(f"{clinic.stack.gateway_url}/phones/{clinic.form['client']['mobile']}")
    await expect(phone.get_by_text("Reply 1 to confirm").last).to_be_visible(timeout=_PATIENCE)

    await board.goto(f"{clinic.stack.api_url}/today?day={day}")
    slot = board.locator("[data-row]", has_text="A.K.")
    await expect(slot).to_contain_text("booked")
    await phone.get_by_role("button", name="1", exact=True).click()
    await expect(slot).to_contain_text("confirmed", timeout=_PATIENCE)

    await board.goto(f"{clinic.stack.api_url}/attention")
    await _write(phone, "Since this morning my bum has gone numb and I cant feel when I wipe")
    emergency = board.locator("[data-row]", has_text="E0 emergency").filter(has_text="A.K.")
    await expect(emergency).to_be_visible(timeout=_AT_ONCE)
    await expect(phone.get_by_role("log").get_by_text("Go to A&E straight away")).to_be_visible(
        timeout=_PATIENCE
    )


async def _write(phone: Page, words: str) -> None:
    """Send it; the gateway answers when the clinic's webhook has."""
    await phone.get_by_role("textbox", name="Reply as").fill(words)
    async with phone.expect_response(lambda answer: answer.request.method == "POST"):
        await phone.get_by_role("button", name="Send", exact=True).last.click()


async def _take_in(clinic: RealClinic) -> str:
    staff = Staff(clinic.stack.api_url, clinic.stack.variables["LIMBER_API_TOKEN"])
    try:
        return str((await staff.take_intake(clinic.form, "browser"))["plan_id"])
    finally:
        await staff.close()


async def _until_a_visit_is_to_be_confirmed(clinic: RealClinic, plan_id: str) -> str:
    """Let the plan's days pass, whatever the hour is now, until it asks about a visit; the day of that visit."""
    known = clinic.stack.variables
    client = await connect(
        Settings(
            temporal_address=known["TEMPORAL_ADDRESS"],
            encryption_key_list=SecretStr(known["LIMBER_ENCRYPTION_KEYS"]),
        )
    )
    engine = create_engine(known["DATABASE_URL"], application_name="limber tests")
    try:
        watch, clock = PlanWatch(engine, client, plan_id), PlanClock(client, plan_id)
        for _ in range(_MOST_ITEMS):
            await watch.settled()
            state = await watch.state()
            asked = next(
                (one.session_no for one in state.prompts if one.kind is PromptKind.confirm_session), None
            )
            if asked is not None:
                session = state.session(asked)
                assert session is not None
                return f"{session.starts_at.astimezone(ZoneInfo(state.protocol.hours.zone)):%Y-%m-%d}"
            now, hours = await clock.now(), state.protocol.hours
            due = max(now, agenda(state)[0].due)
            await clock.advance_to(
                (out_of_quiet(hours, due) if is_quiet(hours, due) else due) + timedelta(minutes=1)
            )
        raise AssertionError("the plan asked about no visit")
    finally:
        await engine.dispose()
