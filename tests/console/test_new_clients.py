"""The front desk invites a new client to the form, and sees how far it is without seeing an answer."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from fastapi import FastAPI
from httpx2 import AsyncClient
from pydantic import SecretStr
from sqlalchemy import select

from api.clinic import Clinic
from database import demo_clinic
from database.invitation_texts import settle
from database.invitations import invitation
from database.tables.invitations import invitations
from schemas.invitations import InvitationState, InvitationWay
from schemas.messages import MessageStatus
from tests.console.conftest import Browser, SignIn

KEYS = "one:MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY="
NOOR = {
    "given_name": "نور",
    "family_name": "Haddad 🌻",
    "date_of_birth": "1991-05-02",
    "mobile": "07700 900333",
    "profile": "general_wellbeing",
    "site": demo_clinic.SITE_ID,
    "way": "text",
}


@pytest.fixture
async def desk(app: FastAPI, sign_in: SignIn) -> AsyncClient:
    """The browser of the front desk, in a clinic that can sign links."""
    clinic: Clinic = app.state.clinic
    settings = clinic.settings.model_copy(update={"encryption_key_list": SecretStr(KEYS)})
    app.state.clinic = replace(clinic, settings=settings)
    return await sign_in(demo_clinic.FRONT_DESK)


async def _new(desk: AsyncClient, **changed: str) -> dict[str, str]:
    page = await desk.get("/clients/new")
    key = re.search(r'name="key" value="([\w-]+)"', page.text)
    assert key
    return {**NOOR, "key": key[1], **changed}


async def _rows(app: FastAPI) -> list[object]:
    async with app.state.clinic.engine.connect() as connection:
        return list((await connection.execute(select(invitations))).all())


async def test_sending_the_link_twice_invites_once(desk: AsyncClient, app: FastAPI) -> None:
    form = await _new(desk)
    first = await desk.post("/clients/new", data=form)
    second = await desk.post("/clients/new", data=form)
    assert first.status_code == 303
    assert first.headers["location"] == second.headers["location"]
    (row,) = await _rows(app)
    assert (row.way, row.text_status) == (InvitationWay.text, MessageStatus.pending)  # type: ignore[attr-defined]
    page = await desk.get(first.headers["location"])
    assert "<bdi>نور Haddad 🌻</bdi>" in page.text
    assert "0 of 35 questions answered" in page.text
    assert "about to go" in page.text


async def test_the_form_opens_for_reading_aloud_and_leads_to_nothing_of_the_console(
    desk: AsyncClient, browser: Browser
) -> None:
    made = await desk.post("/clients/new", data=await _new(desk, way="read_aloud", mobile=""))
    page = await desk.get(made.headers["location"])
    link = re.search(r'href="https://clinic\.example(/form/[\w-]+)"', page.text)
    assert link
    opened = await browser().get(link[1])
    assert "Reading aloud" in opened.text
    assert "/plans" not in opened.text


async def test_a_link_that_did_not_go_out_leads_to_the_telephone_and_to_another_try(
    desk: AsyncClient, app: FastAPI
) -> None:
    made = await desk.post("/clients/new", data=await _new(desk))
    where = made.headers["location"].partition("?")[0]
    engine = app.state.clinic.engine
    found = await invitation(engine, where.rpartition("/")[2])
    await settle(engine, found, MessageStatus.failed, reason="bad_number")
    page = await desk.get(where)
    assert "The text with the link could not be sent." in page.text
    assert 'href="tel:+447700900333"' in page.text
    assert "Send the link again" in page.text
    assert "about to go" in (await desk.post(f"{where}/text", follow_redirects=True)).text


async def test_a_link_taken_back_opens_nothing(desk: AsyncClient, browser: Browser, app: FastAPI) -> None:
    made = await desk.post("/clients/new", data=await _new(desk))
    where = made.headers["location"].partition("?")[0]
    link = re.search(r'href="https://clinic\.example(/form/[\w-]+)"', (await desk.get(where)).text)
    assert link
    await desk.post(f"{where}/take-back")
    assert (await browser().get(link[1])).status_code == 404
    (row,) = await _rows(app)
    assert (row.state, row.client) == (InvitationState.revoked, None)  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"mobile": ""}, "A link goes to a mobile"),
        ({"mobile": "020 7946 0018"}, "landline"),
        ({"date_of_birth": "2999-01-01"}, "lies in the future"),
        ({"given_name": ""}, "This is missing"),
    ],
)
async def test_what_is_wrong_is_named_and_what_was_typed_stays(
    desk: AsyncClient, app: FastAPI, changed: dict[str, str], said: str
) -> None:
    page = await desk.post("/clients/new", data=await _new(desk, **changed))
    assert page.status_code == 422
    assert said in page.text
    assert "Haddad 🌻" in page.text
    assert await _rows(app) == []


async def test_without_a_key_the_page_says_which_setting_is_missing(sign_in: SignIn) -> None:
    browser = await sign_in(demo_clinic.FRONT_DESK)
    page = await browser.post("/clients/new", data=await _new(browser))
    assert page.status_code == 503
    assert "LIMBER_ENCRYPTION_KEYS" in page.text
