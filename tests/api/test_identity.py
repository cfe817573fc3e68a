"""Who may ask: people by log-in or token, processes by the service token, nobody else."""

from __future__ import annotations

from datetime import timedelta

import pytest
from httpx2 import AsyncClient
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from api.identity import COOKIE, TokenScope
from api.passwords import hash_password
from database.demo_clinic import FRONT_DESK, THERAPIST
from database.tokens import issue_token
from tests.api.conftest import NOW, PUBLIC_URL, Caller, Clock

FORM = "/api/v1/intake-form"
PASSWORD = "stretch-gently-7"


@pytest.fixture
async def with_password(engine: AsyncEngine, clinic: object) -> None:
    """The therapist has a password."""
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE staff SET password_hash = :hash WHERE id = :id"),
            {"hash": hash_password(PASSWORD), "id": THERAPIST.id},
        )


async def test_a_stranger_is_asked_to_log_in(stranger: AsyncClient) -> None:
    answered = await stranger.get(FORM)
    assert answered.status_code == 401
    assert answered.headers["content-type"] == "application/problem+json"
    assert answered.headers["www-authenticate"].startswith("Bearer")


async def test_a_wrong_token_is_no_token(caller: Caller) -> None:
    answered = await caller(Authorization="Bearer nonsense").get(FORM)
    assert answered.status_code == 401


async def test_the_service_token_reads(service: AsyncClient) -> None:
    assert (await service.get(FORM)).status_code == 200


async def test_a_person_s_token_works_until_it_ends(
    caller: Caller, engine: AsyncEngine, clinic: object, clock: Clock
) -> None:
    token = await issue_token(
        engine, THERAPIST.id, (TokenScope.api,), now=NOW, expires_at=NOW + timedelta(hours=1)
    )
    client = caller(Authorization=f"Bearer {token}")
    assert (await client.get(FORM)).status_code == 200
    clock.pass_by(timedelta(hours=2))
    assert (await client.get(FORM)).status_code == 401


async def test_a_person_s_token_cannot_speak_for_a_colleague(
    caller: Caller, engine: AsyncEngine, clinic: object
) -> None:
    token = await issue_token(engine, FRONT_DESK.id, (TokenScope.api,), now=NOW)
    answered = await caller(Authorization=f"Bearer {token}", X_Limber_Staff=THERAPIST.id).get(FORM)
    assert answered.status_code == 403
    assert answered.json()["code"] == "not_on_behalf"


async def test_a_process_cannot_stand_in_for_nobody(caller: Caller, service: AsyncClient) -> None:
    answered = await service.get(FORM, headers={"X-Limber-Staff": "someone@else.example"})
    assert answered.status_code == 403
    assert answered.json()["code"] == "unknown_staff"


@pytest.mark.usefixtures("with_password")
async def test_a_log_in_sets_a_cookie_that_opens_the_api(stranger: AsyncClient) -> None:
    answered = await stranger.post("/login", json={"email": THERAPIST.email, "password": PASSWORD})
    assert answered.status_code == 200
    assert answered.json()["staff_id"] == THERAPIST.id
    cookie = answered.headers["set-cookie"]
    assert all(term in cookie for term in ("HttpOnly", "SameSite=lax", "Secure"))
    assert (await stranger.get(FORM)).status_code == 200


@pytest.mark.usefixtures("with_password")
async def test_a_form_s_log_in_goes_on_within_the_site(stranger: AsyncClient) -> None:
    fields = {"email": THERAPIST.email, "password": PASSWORD}
    answered = await stranger.post("/login", data={**fields, "then": "/plans"})
    assert (answered.status_code, answered.headers["location"]) == (303, "/plans")
    elsewhere = await stranger.post("/login", data={**fields, "then": "//evil.example"})
    assert elsewhere.status_code == 422


@pytest.mark.usefixtures("with_password")
async def test_logging_out_ends_the_log_in_everywhere(stranger: AsyncClient, caller: Caller) -> None:
    await stranger.post("/login", json={"email": THERAPIST.email, "password": PASSWORD})
    copied = caller(Cookie=f"{COOKIE}={stranger.cookies[COOKIE]}")
    left = await stranger.post("/logout", headers={"Origin": PUBLIC_URL})
    assert left.status_code == 204
    assert (await copied.get(FORM)).status_code == 401


@pytest.mark.usefixtures("with_password")
@pytest.mark.parametrize(
    "headers", [{"Sec-Fetch-Site": "cross-site"}, {"Origin": "https://evil.example"}, {"Origin": "null"}]
)
async def test_another_site_cannot_use_a_log_in(stranger: AsyncClient, headers: dict[str, str]) -> None:
    await stranger.post("/login", json={"email": THERAPIST.email, "password": PASSWORD})
    answered = await stranger.post("/logout", headers=headers)
    assert answered.status_code == 403
    assert answered.json()["code"] == "other_site"


@pytest.mark.usefixtures("with_password")
async def test_guessing_passwords_has_to_wait(stranger: AsyncClient, clock: Clock) -> None:
    wrong = {"email": THERAPIST.email, "password": "guess"}
    statuses = [(await stranger.post("/login", json=wrong)).status_code for _ in range(9)]
    assert statuses == [401] * 8 + [429]
    right = {"email": THERAPIST.email, "password": PASSWORD}
    assert (await stranger.post("/login", json=right)).status_code == 429
    clock.pass_by(timedelta(minutes=11))
    assert (await stranger.post("/login", json=right)).status_code == 200


async def test_an_unknown_address_is_answered_like_a_wrong_password(stranger: AsyncClient) -> None:
    answered = await stranger.post("/login", json={"email": "nobody@riverside.example", "password": "x"})
    assert answered.json()["code"] == "wrong_log_in"
