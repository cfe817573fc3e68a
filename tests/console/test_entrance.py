"""The door of the console: who comes in, how, and what those outside see."""

from __future__ import annotations

import httpx2

from database.demo_clinic import THERAPIST
from tests.console.conftest import PASSWORD, Browser


async def test_somebody_who_is_not_signed_in_is_shown_the_door_and_led_back(browser: Browser) -> None:
    there = await browser().get("/plans?stage=active")
    assert there.status_code == 303
    assert there.headers["Location"] == "/login?then=%2Fplans%3Fstage%3Dactive"
    door = await browser().get(there.headers["Location"])
    assert door.status_code == 200
    assert 'name="then" value="/plans?stage=active"' in door.text


async def test_home_is_the_door_or_what_needs_attention(browser: Browser, priya: httpx2.AsyncClient) -> None:
    assert (await browser().get("/")).headers["Location"] == "/login"
    assert (await priya.get("/")).headers["Location"] == "/attention"


async def test_a_wrong_password_keeps_the_address_and_says_what_to_do(browser: Browser) -> None:
    answered = await browser().post("/login", data={"email": THERAPIST.email, "password": "not it"})
    assert answered.status_code == 401
    assert "The address or the password is not right" in answered.text
    assert THERAPIST.email in answered.text
    assert "not it" not in answered.text


async def test_a_program_that_logs_in_wrongly_still_gets_a_problem_document(browser: Browser) -> None:
    body = {"email": THERAPIST.email, "password": "not it"}
    answered = await browser().post("/login", json=body, headers={"Accept": "application/json"})
    assert answered.headers["Content-Type"] == "application/problem+json"


async def test_guessing_shows_how_long_to_wait(browser: Browser) -> None:
    one = browser()
    for _ in range(8):
        await one.post("/login", data={"email": THERAPIST.email, "password": "guess"})
    answered = await one.post("/login", data={"email": THERAPIST.email, "password": PASSWORD})
    assert answered.status_code == 429
    assert "Retry-After" in answered.headers
    assert "Try again in" in answered.text


async def test_an_address_of_another_site_is_never_led_on_to(browser: Browser) -> None:
    answered = await browser().get("/login?then=//elsewhere.example")
    assert answered.status_code == 422
    assert "elsewhere" not in answered.text


async def test_signing_out_ends_the_log_in_everywhere(priya: httpx2.AsyncClient, browser: Browser) -> None:
    copied = browser()
    copied.cookies.update(priya.cookies)
    left = await priya.post("/sign-out")
    assert left.headers["Location"] == "/login?said=signed-out"
    assert "You are signed out." in (await priya.get(left.headers["Location"])).text
    assert (await copied.get("/attention")).status_code == 303


async def test_a_form_of_another_site_changes_nothing(priya: httpx2.AsyncClient) -> None:
    answered = await priya.post("/sign-out", headers={"Sec-Fetch-Site": "cross-site"})
    assert answered.status_code == 403
    assert "another web site" in answered.text
    assert (await priya.get("/attention")).status_code == 200


async def test_every_page_keeps_to_its_own_site(priya: httpx2.AsyncClient) -> None:
    page = await priya.get("/attention")
    assert page.headers["Content-Security-Policy"].startswith("default-src 'self'")
    assert page.headers["Cache-Control"] == "no-store"
    assert " style=" not in page.text
    assert "<script>" not in page.text
