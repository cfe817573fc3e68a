"""One's own account: where one is signed in, the password, tokens for programs; and what staff are given."""

from __future__ import annotations

import asyncio
import re
from datetime import timedelta

import httpx2
import pytest
from sqlalchemy import update

from database.accounts import set_roles
from database.demo_clinic import DUTY, FRONT_DESK, MANAGER, OPERATIONS, SITE_ID, THERAPIST
from database.staff import credentials
from database.staff_changes import changes
from database.tables import staff
from database.tokens import open_tokens
from schemas.commands import Role
from schemas.staff_changes import StaffChange
from tests.console.conftest import PASSWORD, Browser, Clock, SignIn
from tests.console.staged_clinic import StagedPlans

OWN = "seven quiet herons at dawn"


async def _end_addresses(browser: httpx2.AsyncClient) -> list[str]:
    return re.findall(r"/account/tokens/[^/]+/end", (await browser.get("/account")).text)


async def test_a_person_sees_where_they_are_signed_in_and_ends_one(
    sign_in: SignIn, priya: httpx2.AsyncClient
) -> None:
    elsewhere = await sign_in(THERAPIST)
    page = (await priya.get("/account")).text
    assert page.count('class="chip">this one') == 1
    own = re.search(r"chip\">this one.*?(/account/tokens/[^/]+/end)", page, re.DOTALL)
    [other] = [one for one in await _end_addresses(priya) if own is None or one != own[1]]
    assert (await priya.post(other, data={"log_in": "yes"})).headers[
        "Location"
    ] == "/account?said=log-in-ended"
    assert (await elsewhere.get("/attention")).status_code == 303
    assert (await priya.get("/attention")).status_code == 200


async def test_nobody_ends_the_log_in_of_a_colleague(sign_in: SignIn, priya: httpx2.AsyncClient) -> None:
    duty = await sign_in(DUTY)
    for address in await _end_addresses(priya):
        await duty.post(address)
    assert (await priya.get("/attention")).status_code == 200


async def test_a_changed_password_ends_every_other_log_in(
    sign_in: SignIn, browser: Browser, priya: httpx2.AsyncClient
) -> None:
    elsewhere = await sign_in(THERAPIST)
    form = {"current": PASSWORD, "password": OWN, "again": OWN}
    assert (await priya.post("/account/password", data=form)).status_code == 303
    assert (await priya.get("/attention")).status_code == 200
    assert (await elsewhere.get("/attention")).status_code == 303
    old = await browser().post("/login", data={"email": THERAPIST.email, "password": PASSWORD})
    assert old.status_code == 401
    new = await browser().post("/login", data={"email": THERAPIST.email, "password": OWN})
    assert new.status_code == 303


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"current": "not it at all"}, "This is not your password so far."),
        ({"password": "short", "again": "short"}, "at least 12 characters"),
        ({"password": "abababababababab", "again": "abababababababab"}, "repeats a few characters"),
        ({"again": "seven loud herons at dawn"}, "typed in two ways"),
        ({"password": PASSWORD, "again": PASSWORD}, "is the old one"),
    ],
)
async def test_a_password_that_will_not_do_says_why(
    priya: httpx2.AsyncClient, changes: dict[str, str], says: str
) -> None:
    form = {"current": PASSWORD, "password": OWN, "again": OWN} | changes
    answered = await priya.post("/account/password", data=form)
    assert answered.status_code == 422
    assert says in answered.text
    assert OWN not in answered.text


async def test_the_old_password_cannot_be_guessed_from_a_screen_left_open(priya: httpx2.AsyncClient) -> None:
    for _ in range(8):
        await priya.post("/account/password", data={"current": "guess", "password": OWN, "again": OWN})
    form = {"current": PASSWORD, "password": OWN, "again": OWN}
    assert (await priya.post("/account/password", data=form)).status_code == 429


async def test_a_token_is_shown_once_reads_only_and_can_be_revoked(
    priya: httpx2.AsyncClient, browser: Browser
) -> None:
    form = {"key": "a-form-key", "label": "Morning list", "scope": "read", "days": "30"}
    made = re.search(r"limber_[\w-]{30,}", (await priya.post("/account/tokens", data=form)).text)
    assert made is not None
    again = await priya.post("/account/tokens", data=form)
    assert again.status_code == 409
    assert made[0] not in (await priya.get("/account")).text

    program = browser()
    program.headers["Authorization"] = f"Bearer {made[0]}"
    assert (await program.get("/api/v1/plans")).status_code == 200
    refused = await program.post("/api/v1/intakes", json={})
    assert (refused.status_code, refused.json()["code"]) == (403, "read_only")

    [revoke] = [one for one in await _end_addresses(priya) if "a-form-key" in one]
    await priya.post(revoke)
    assert (await program.get("/api/v1/plans")).status_code == 401


async def test_nobody_gives_themselves_a_token_that_speaks_for_others(priya: httpx2.AsyncClient) -> None:
    for scope in ("on_behalf", "console"):
        form = {"label": "More", "scope": scope, "days": "30"}
        assert (await priya.post("/account/tokens", data=form)).status_code == 422


async def test_somebody_new_gets_a_password_once_and_first_chooses_their_own(
    sign_in: SignIn, browser: Browser
) -> None:
    manager = await sign_in(MANAGER)
    form = {"name": "Ada Byron", "initials": "ab", "email": "ada@riverside.example", "role": "front_desk"}
    made = await manager.post("/staff", data=form)
    chosen = _shown_in(made)
    ada = browser()
    came = await ada.post("/login", data={"email": form["email"], "password": chosen, "then": "/today"})
    assert came.headers["Location"] == "/account/password"
    assert (await ada.get("/attention")).headers["Location"] == "/account/password"
    assert (await ada.get("/api/v1/plans")).json()["code"] == "password_temporary"
    await ada.post("/account/password", data={"current": chosen, "password": OWN, "again": OWN})
    assert (await ada.get("/attention")).status_code == 200


def _shown_in(page: httpx2.Response) -> str:
    shown = re.search(r'class="secret">([^<]+)<', page.text)
    assert shown is not None, page.text[:2000]
    return shown[1]


async def test_a_double_click_makes_one_account_and_both_answers_show_its_password(
    sign_in: SignIn, browser: Browser, plans: StagedPlans
) -> None:
    manager = await sign_in(MANAGER)
    form = {"name": "Ada Byron", "initials": "ab", "email": "ada@riverside.example", "role": "front_desk"}
    key = re.search(
        r'action="/staff" class="stack">\s*<input[^>]* value="([^"]+)"', (await manager.get("/staff")).text
    )
    assert key is not None
    clicks = await asyncio.gather(*(manager.post("/staff", data=form | {"key": key[1]}) for _ in range(2)))
    assert [one.status_code for one in clicks] == [200, 200]
    [password] = {_shown_in(one) for one in clicks}
    ada = await credentials(plans.engine, form["email"])
    assert ada is not None
    assert [one.kind for one in await changes(plans.engine, staff_id=ada.member.id)] == [
        StaffChange.account_made
    ]

    later = await manager.post("/staff", data=form | {"key": "another form"})
    assert (later.status_code, password in later.text) == (409, False)
    colleague = await sign_in(OPERATIONS)
    other = await colleague.post("/staff", data=form | {"key": key[1]})
    assert (other.status_code, password in other.text) == (409, False)

    entered = browser()
    await entered.post("/login", data={"email": form["email"], "password": password})
    await entered.post("/account/password", data={"current": password, "password": OWN, "again": OWN})
    after = await manager.post("/staff", data=form | {"key": key[1]})
    assert (after.status_code, password in after.text) == (409, False)


async def test_a_double_click_on_a_new_password_shows_the_one_that_counts(
    sign_in: SignIn, browser: Browser
) -> None:
    manager = await sign_in(MANAGER)
    address = f"/staff/{FRONT_DESK.id}/password"
    first, second = await asyncio.gather(*(manager.post(address, data={"key": "one form"}) for _ in range(2)))
    assert _shown_in(first) == _shown_in(second)
    next_one = _shown_in(await manager.post(address, data={"key": "the next form"}))
    assert next_one != _shown_in(first)
    form = {"email": FRONT_DESK.email, "password": next_one}
    assert (await browser().post("/login", data=form)).headers["Location"] == "/account/password"


async def test_an_address_is_one_person_s(sign_in: SignIn) -> None:
    manager = await sign_in(MANAGER)
    form = {"name": "Ada Byron", "initials": "ab", "email": THERAPIST.email.upper(), "role": "front_desk"}
    answered = await manager.post("/staff", data=form)
    assert answered.status_code == 409
    assert "Somebody has this e-mail address already" in answered.text
    assert 'value="Ada Byron"' in answered.text


async def test_roles_count_from_the_next_page_on(sign_in: SignIn) -> None:
    desk, admin = await sign_in(FRONT_DESK), await sign_in(OPERATIONS)
    assert (await desk.get("/system")).status_code == 403
    await admin.post(f"/staff/{FRONT_DESK.id}/roles", data={"role": ["front_desk", "operations"]})
    assert (await desk.get("/system")).status_code == 200


async def test_the_last_administrator_stays_one(sign_in: SignIn) -> None:
    manager = await sign_in(MANAGER)
    for path, form in (("roles", {"role": "operations"}), ("close", {})):
        answered = await manager.post(f"/staff/{OPERATIONS.id}/{path}", data=form)
        assert answered.status_code == 409
        assert "Nobody else is an administrator" in answered.text


async def test_whoever_has_left_is_signed_out_at_once_and_not_let_in(
    sign_in: SignIn, browser: Browser, priya: httpx2.AsyncClient
) -> None:
    manager = await sign_in(MANAGER)
    assert (await manager.post(f"/staff/{THERAPIST.id}/close")).status_code == 303
    assert (await priya.get("/attention")).status_code == 303
    again = await browser().post("/login", data={"email": THERAPIST.email, "password": PASSWORD})
    assert again.status_code == 401
    assert (await manager.post(f"/staff/{MANAGER.id}/close")).status_code == 409


async def test_a_manager_signs_somebody_out_everywhere(
    sign_in: SignIn, priya: httpx2.AsyncClient, plans: StagedPlans, clock: Clock
) -> None:
    manager = await sign_in(MANAGER)
    await manager.post(f"/staff/{THERAPIST.id}/sign-out")
    assert (await priya.get("/attention")).status_code == 303
    assert await open_tokens(plans.engine, THERAPIST.id, clock.now) == ()


async def test_a_log_in_ends_after_a_working_day(priya: httpx2.AsyncClient, clock: Clock) -> None:
    clock.now += timedelta(hours=12, seconds=1)
    assert (await priya.get("/account")).status_code == 303


async def test_somebody_without_roles_still_keeps_their_account_page_closed(
    priya: httpx2.AsyncClient, plans: StagedPlans
) -> None:
    await set_roles(plans.engine, THERAPIST.id, SITE_ID, (), by="test")
    assert (await priya.get("/account")).status_code == 403
    await set_roles(plans.engine, THERAPIST.id, SITE_ID, (Role.treating_physiotherapist,), by="test")
    assert (await priya.get("/account")).status_code == 200


async def test_an_account_without_a_password_lets_nobody_in(
    browser: Browser, plans: StagedPlans, app: object
) -> None:
    async with plans.engine.begin() as connection:
        await connection.execute(update(staff).where(staff.c.id == THERAPIST.id).values(password_hash=None))
    for guess in ("", " ", "None"):
        form = {"email": THERAPIST.email, "password": guess}
        assert (await browser().post("/login", data=form)).status_code in (401, 422)
