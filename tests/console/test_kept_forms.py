"""A form whose log-in has ended: nothing is applied, nothing typed is lost, and nothing is sent by itself."""

from __future__ import annotations

import re
from html import unescape

import httpx2

from database.demo_clinic import THERAPIST
from tests.console.conftest import PASSWORD, Browser

NOTE = "Slept badly; stiff <left> hip & back. שלום 🙂"


def _fields(page: str) -> list[tuple[str, str]]:
    found = re.findall(r'<input type="hidden" name="([^"]*)" value="([^"]*)"', page)
    return [(unescape(name), unescape(value)) for name, value in found]


async def test_what_was_typed_goes_through_the_door_and_is_sent_once_by_hand(
    priya: httpx2.AsyncClient, waiting_plan: str
) -> None:
    await priya.post("/sign-out")
    form = {"key": "one-form", "reason": NOTE}
    door = await priya.post(f"/plans/{waiting_plan}/hold", data=form)
    assert door.status_code == 401
    assert "what you typed is kept" in door.text
    fields = dict(_fields(door.text))
    assert fields["then"] == f"/plans/{waiting_plan}"

    entered = await priya.post("/login", data={**fields, "email": THERAPIST.email, "password": PASSWORD})
    assert entered.status_code == 200
    assert "Not sent yet" in entered.text
    assert unescape(entered.text).count(NOTE) == 2  # once to read, once to send
    assert f'href="/plans/{waiting_plan}"' in entered.text
    assert f'action="/plans/{waiting_plan}/hold"' in entered.text
    assert dict(_fields(entered.text)) == form
    assert PASSWORD not in entered.text


async def test_a_wrong_password_does_not_lose_it(browser: Browser) -> None:
    one = browser()
    door = await one.post("/plans/some-plan/hold", data={"reason": NOTE})
    fields = {**dict(_fields(door.text)), "email": THERAPIST.email, "password": "not it"}
    again = await one.post("/login", data=fields)
    assert again.status_code == 401
    assert ("kept:reason", NOTE) in _fields(again.text)


async def test_another_site_s_form_is_not_carried_past_the_door(browser: Browser) -> None:
    answered = await browser().post(
        "/plans/some-plan/hold", data={"reason": NOTE}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answered.status_code == 303
    assert answered.headers["Location"].startswith("/login?then=")


async def test_a_kept_form_goes_only_to_an_address_of_ours(browser: Browser, app: object) -> None:
    for elsewhere in ("https://elsewhere.example/", "//elsewhere.example", "/\\elsewhere.example"):
        fields = {"email": THERAPIST.email, "password": PASSWORD, "kept:": elsewhere, "kept:reason": NOTE}
        entered = await browser().post("/login", data=fields)
        assert entered.status_code == 303, elsewhere


async def test_another_site_cannot_sign_somebody_in(browser: Browser, app: object) -> None:
    form = {"email": THERAPIST.email, "password": PASSWORD}
    answered = await browser().post("/login", data=form, headers={"Sec-Fetch-Site": "cross-site"})
    assert answered.status_code == 403
    assert "limber_session" not in answered.headers.get("set-cookie", "")


async def test_words_that_a_lost_check_kept_from_us_are_shown_to_be_copied(
    priya: httpx2.AsyncClient, waiting_plan: str
) -> None:
    answered = await priya.post(
        f"/plans/{waiting_plan}/hold", data={"reason": NOTE}, headers={"Sec-Fetch-Site": "cross-site"}
    )
    assert answered.status_code == 403
    assert NOTE in unescape(answered.text)
    assert "<form" not in answered.text  # what another site wrote is one click too near
    assert f'href="/plans/{waiting_plan}"' in answered.text


async def test_the_back_button_shows_no_page_after_signing_out(priya: httpx2.AsyncClient) -> None:
    assert (await priya.get("/attention")).headers["Cache-Control"] == "no-store"
    left = await priya.post("/sign-out")
    assert left.headers["Clear-Site-Data"] == '"cache"'
    assert (await priya.get("/attention")).headers["Location"].startswith("/login")
