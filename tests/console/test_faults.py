"""A fault of ours is told on a page, with what was typed and a number to look for; no trace of it is shown."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from datetime import date, timedelta
from html import unescape

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr
from sqlalchemy import text
from structlog.testing import capture_logs

from api.app import create_app
from api.clinic import Clinic
from database import demo_clinic, invitations
from database.engine import create_engine
from messaging.form_link import FormLinks
from schemas.invitations import InvitationWay, InvitedClient
from tests.api.form_walk import BORN
from tests.console.conftest import MORNING, SITE, Browser
from tests.console.staged_clinic import StagedPlans
from tests.console.test_new_clients import KEYS

NOTE = "Slept badly; stiff <left> hip & back. שלום 🙂"
_NEVER = ("Traceback", "Internal Server Error", "sqlalchemy", "psycopg", "OperationalError", "invitations")

Fault = Callable[[FastAPI], AbstractAsyncContextManager[None]]


@asynccontextmanager
async def the_database_is_gone(app: FastAPI) -> AsyncIterator[None]:
    """Nothing listens where the record was."""
    clinic: Clinic = app.state.clinic
    nowhere = create_engine("postgresql://nobody@127.0.0.1:1/nothing")
    app.state.clinic = replace(clinic, engine=nowhere)
    yield
    app.state.clinic = clinic
    await nowhere.dispose()


@asynccontextmanager
async def a_table_is_missing(app: FastAPI) -> AsyncIterator[None]:
    """Something that nobody foresaw: half a restore, say."""
    engine = app.state.clinic.engine
    for before, after in (("sessions", "gone"), ("invitations", "gone_too")):
        async with engine.begin() as connection:
            await connection.execute(text(f"ALTER TABLE {before} RENAME TO {after}"))
    try:
        yield
    finally:
        for before, after in (("sessions", "gone"), ("invitations", "gone_too")):
            async with engine.begin() as connection:
                await connection.execute(text(f"ALTER TABLE {after} RENAME TO {before}"))


FAULTS = pytest.mark.parametrize(
    ("fault", "status"), [(the_database_is_gone, 503), (a_table_is_missing, 500)]
)


def _is_a_page(answered: httpx2.Response, status: int) -> str:
    assert answered.status_code == status, answered.text
    assert answered.headers["Content-Type"].startswith("text/html")
    assert "<h1" in answered.text
    assert not [one for one in _NEVER if one in answered.text]
    assert answered.headers["Cache-Control"] == "no-store"
    return unescape(answered.text)


def _hidden(page: str) -> dict[str, str]:
    return dict(re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)">', page))


@FAULTS
async def test_at_the_console_a_fault_is_a_page_and_what_was_typed_goes_out_at_a_press(
    *,
    fault: Fault,
    status: int,
    app: FastAPI,
    priya: httpx2.AsyncClient,
    lived_plan: str,
    plans: StagedPlans,
) -> None:
    path, form = f"/plans/{lived_plan}/hold", {"key": "once", "form": "hold", "reason": NOTE}
    with capture_logs() as logs:
        async with fault(app):
            read = _is_a_page(await priya.get("/today"), status)
            sent = await priya.post(path, data=form)
    assert 'href="/today">Try again' in read
    page = _is_a_page(sent, status)
    assert page.count(NOTE) == 2  # once to read, once to send
    assert f'action="{path}"' in page
    again = _hidden(page)
    assert again == form
    reference = re.search(r"For the operator: (\S+?)<", page)
    assert reference is not None
    assert sent.headers["X-Request-Id"] == reference[1]
    assert [one for one in logs if one["log_level"] in ("warning", "error")]
    assert NOTE not in str([{**one, "exc_info": None} for one in logs])
    for _ in range(2):
        assert (await priya.post(path, data=again)).status_code == 303
    assert len(plans.commands) == 1


async def test_a_password_is_not_written_onto_a_page_of_trouble(
    app: FastAPI, priya: httpx2.AsyncClient
) -> None:
    form = {"current": "open sesame now", "password": "seven quiet herons", "again": "seven quiet herons"}
    async with the_database_is_gone(app):
        page = _is_a_page(await priya.post("/account/password", data=form), 503)
    assert "sesame" not in page
    assert "herons" not in page


@pytest.fixture
async def link(app: FastAPI, plans: StagedPlans) -> str:
    """The path of a client's form, at a clinic that can sign links."""
    clinic: Clinic = app.state.clinic
    settings = clinic.settings.model_copy(update={"encryption_key_list": SecretStr(KEYS)})
    app.state.clinic = replace(clinic, settings=settings)
    new = InvitedClient(
        given_name="Anna",
        family_name="Kowalska",
        date_of_birth=date(1988, 4, 17),
        mobile="+447700900321",
        site_id=demo_clinic.SITE_ID,
        profile="general_wellbeing",
    )
    ends = MORNING + timedelta(days=7)
    invited = await invitations.invite(
        plans.engine, new, InvitationWay.text, by=demo_clinic.FRONT_DESK.id, now=MORNING, expires_at=ends
    )
    return FormLinks(settings.encryption_keys).url(SITE, invited, ends).removeprefix(SITE)


@FAULTS
async def test_at_the_client_s_form_a_fault_is_said_plainly_and_no_answer_is_lost(
    fault: Fault, status: int, app: FastAPI, browser: Browser, link: str
) -> None:
    phone = browser()
    assert (await phone.post(link, data=BORN)).status_code == 303
    await phone.post(f"{link}/INT-10", data={"mobile": "07700 900321", "others_read": "no"})
    await phone.post(f"{link}/REACH", data={"texts": "yes", "preference": "text"})
    answer = {"lines-0": NOTE, "lines-1": "Sit through a meeting"}
    with capture_logs():
        async with fault(app):
            read = _is_a_page(await phone.get(f"{link}/INT-01"), status)
            sent = await phone.post(f"{link}/INT-01", data=answer)
    page = _is_a_page(sent, status)
    for one in (read, page):
        assert "Something went wrong on our side" in one
        assert "The answers you have given before are kept." in one
        assert f"Ring {demo_clinic.SITE.phone}" in one
        assert "/attention" not in one
    assert f'href="{link}/INT-01">Try again' in read
    assert f'action="{link}/INT-01"' in page
    again = _hidden(page)
    assert again == answer
    told = re.search(r"tell us this number: (\w{8})<", page)
    assert told is not None
    assert sent.headers["X-Request-Id"].endswith(told[1])
    went_on = await phone.post(f"{link}/INT-01", data=again)
    assert went_on.headers["Location"] == f"{link}/INT-02"
    kept = await phone.get(f"{link}/INT-01")
    assert NOTE in unescape(kept.text)


async def test_a_form_opened_while_the_database_is_gone_since_the_start_still_says_what_to_do(
    app: FastAPI, link: str
) -> None:
    fresh = create_app(app.state.clinic)
    async with the_database_is_gone(fresh):
        transport = httpx2.ASGITransport(app=fresh)
        async with httpx2.AsyncClient(transport=transport, base_url=SITE) as phone:
            for path in (link, "/form/not-a-link", "/form"):
                answered = await phone.get(path, headers={"Accept": "text/html"})
                page = unescape(answered.text)
                assert answered.status_code in (404, 503), path
                assert "<h1" in page
                assert (
                    "the number is in the text that brought you here" in page or answered.status_code == 404
                )
                assert not [one for one in _NEVER if one in page]
