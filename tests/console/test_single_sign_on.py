"""Signing in through the clinic's identity provider: a real one over HTTP, and what it must not get away with."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx2
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from api.single_sign_on import SingleSignOn, single_sign_on
from database.accounts import close_account
from database.demo_clinic import THERAPIST
from schemas.settings import Settings
from tests.console.conftest import SITE, Browser, Clock
from tests.console.staged_clinic import StagedPlans

pytest.importorskip("joserfc", reason="signing in through a provider needs the extra limber[oidc]")
from tests.console.identity_provider import CLIENT_ID, CLIENT_SECRET, Provider, another_key


@pytest.fixture
async def provider(app: FastAPI, clock: Clock) -> AsyncIterator[Provider]:
    """The clinic's identity provider, at which the therapist is signed in."""
    one = Provider(clock, THERAPIST.email)
    app.state.single_sign_on = SingleSignOn(one.issuer, CLIENT_ID, CLIENT_SECRET, SITE)
    server = one.server()
    serving = asyncio.create_task(server.serve(sockets=[one.listening]))
    yield one
    server.should_exit = True
    await serving


async def _go(browser: httpx2.AsyncClient, provider: Provider, then: str = "/today") -> httpx2.Response:
    """To the provider and back, as a browser goes."""
    leaving = await browser.get("/login/oidc", params={"then": then})
    assert leaving.status_code == 303, leaving.text
    return await browser.get(provider.consent(leaving.headers["Location"]))


async def test_whoever_the_provider_vouches_for_comes_in_where_they_wanted(
    provider: Provider, browser: Browser
) -> None:
    one = browser()
    assert "/login/oidc?then=/today" in (await one.get("/login?then=/today")).text
    back = await _go(one, provider)
    assert (back.status_code, back.headers["Location"]) == (303, "/today")
    assert (await one.get("/today")).status_code == 200


@pytest.mark.parametrize(
    "claims",
    [
        {"email_verified": False},
        {"email": None},
        {"nonce": "of another log-in"},
        {"aud": "another client"},
        {"aud": [CLIENT_ID, "another client"], "azp": "another client"},
        {"iss": "https://elsewhere.example"},
        {"exp": 0},
        {"email": "stranger@elsewhere.example"},
    ],
    ids=",".join,
)
async def test_a_token_that_says_anything_wrong_lets_nobody_in(
    claims: dict[str, Any], provider: Provider, browser: Browser
) -> None:
    provider.claims = claims
    one = browser()
    back = await _go(one, provider)
    assert back.status_code == 403
    assert "Sign in" in back.text and "limber_session" not in one.cookies


async def test_a_token_signed_by_somebody_else_lets_nobody_in(provider: Provider, browser: Browser) -> None:
    provider.signs_with = another_key(provider.key.kid)
    assert (await _go(browser(), provider)).status_code == 403


async def test_keys_that_the_provider_has_changed_are_asked_for_again(
    provider: Provider, browser: Browser
) -> None:
    assert (await _go(browser(), provider)).status_code == 303
    provider.key = another_key()
    assert (await _go(browser(), provider)).status_code == 303


async def test_a_way_back_counts_once_and_only_in_the_browser_that_left(
    provider: Provider, browser: Browser, clock: Clock
) -> None:
    one = browser()
    leaving = await one.get("/login/oidc")
    way_back = provider.consent(leaving.headers["Location"])
    assert (await browser().get(way_back)).status_code == 403  # somebody else's browser, made to sign in
    assert (await one.get(way_back)).status_code == 303
    one.cookies.set(
        "limber_away", way_back.rpartition("state=")[2], domain=urlsplit(SITE).netloc, path="/login"
    )
    assert "used already" in (await one.get(way_back)).text
    late = browser()
    leaving = await late.get("/login/oidc")
    clock.now += timedelta(minutes=11)
    assert "took too long" in (await late.get(provider.consent(leaving.headers["Location"]))).text


async def test_whoever_has_left_is_not_let_in_by_the_provider(
    provider: Provider, browser: Browser, plans: StagedPlans, clock: Clock
) -> None:
    await close_account(plans.engine, THERAPIST.id, clock.now, by="test")
    assert (await _go(browser(), provider)).status_code == 403


async def test_a_provider_that_is_away_leaves_the_password(app: FastAPI, browser: Browser) -> None:
    app.state.single_sign_on = SingleSignOn("http://127.0.0.1:1", CLIENT_ID, None, SITE)
    answered = await browser().get("/login/oidc")
    assert answered.status_code == 403
    assert "sign in with a password" in answered.text


async def test_without_a_provider_the_door_has_one_way_in(browser: Browser) -> None:
    assert "/login/oidc" not in (await browser().get("/login")).text
    assert (await browser().get("/login/oidc")).status_code == 403


async def test_nobody_is_sent_to_another_site_after_signing_in(provider: Provider, browser: Browser) -> None:
    assert (await browser().get("/login/oidc?then=//elsewhere.example")).status_code == 422


def test_a_provider_is_named_whole_and_over_https() -> None:
    issuer = "https://login.example"
    assert single_sign_on(Settings(oidc_issuer=issuer, oidc_client_id=CLIENT_ID)) is not None
    assert single_sign_on(Settings()) is None
    with pytest.raises(ValueError, match="LIMBER_OIDC_CLIENT_ID"):
        Settings(oidc_issuer=issuer, oidc_client_secret=SecretStr("x"))
    with pytest.raises(ValueError, match="https://"):
        Settings(oidc_issuer="http://login.example", oidc_client_id=CLIENT_ID)
