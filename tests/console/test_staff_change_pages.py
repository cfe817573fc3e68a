"""Who changed whose account is read by those who run the clinic, in sentences."""

from __future__ import annotations

import re
from datetime import date
from html import unescape

import httpx2
import pytest

from api.console.staff_change_words import SENTENCES
from database.accounts import set_roles
from database.demo_clinic import DUTY, FRONT_DESK, LEAD, MANAGER, OPERATIONS, SITE_ID, THERAPIST, Person
from database.exports import note_events_exported
from schemas.commands import Role
from schemas.staff_changes import StaffChange
from tests.console.conftest import SignIn
from tests.console.staged_clinic import StagedPlans


def test_every_change_has_its_sentence() -> None:
    assert set(SENTENCES) == set(StaffChange)


async def _told(browser: httpx2.AsyncClient, path: str = "/staff/changes") -> list[str]:
    page = await browser.get(path)
    assert page.status_code == 200
    return [unescape(one) for one in re.findall(r'<li class="line-between"><p>([^<]*)</p><time', page.text)]


async def test_the_manager_s_changes_are_told_in_sentences(
    sign_in: SignIn, priya: httpx2.AsyncClient
) -> None:
    manager = await sign_in(MANAGER)
    new = {"name": "Ada Byron", "initials": "ab", "email": "ada@riverside.example", "role": "front_desk"}
    await manager.post("/staff", data=new)
    roles = {"role": ["front_desk", "operations"]}
    for _ in range(2):  # sent twice, changed once
        await manager.post(f"/staff/{FRONT_DESK.id}/roles", data=roles)
    await manager.post(f"/staff/{LEAD.id}/password")
    await manager.post(f"/staff/{THERAPIST.id}/sign-out")
    await manager.post(f"/staff/{DUTY.id}/close")
    leave = {
        "staff_id": MANAGER.id,
        "delegate_id": LEAD.id,
        "first_day": "2026-11-30",
        "last_day": "2026-12-04",
    }
    await manager.post("/leave", data={"key": "l", "reason": "leave", **leave})
    token = {"key": "t", "label": "Morning list", "scope": "read", "days": "30"}
    await manager.post("/account/tokens", data=token)
    me = MANAGER.name
    assert [one.partition(", until")[0] for one in await _told(manager)] == [
        f"{me} made a token that speaks for {me}: Morning list (read)",
        f"{me} set leave for {me}, Mon 30 Nov to Fri 4 Dec; {LEAD.name} stands in.",
        f"{me} closed the account of {DUTY.name}.",
        f"{me} signed {THERAPIST.name} out: 1 at once.",
        f"{me} gave {LEAD.name} a new first password.",
        f"{me} changed what {FRONT_DESK.name} is at Riverside: front desk, operations now, front desk before.",
        f"{me} made an account for Ada Byron, who is front desk at Riverside.",
    ]
    assert await _told(manager, f"/staff/{DUTY.id}") == [f"{me} closed the account of {DUTY.name}."]
    assert len(await _told(manager, "/staff")) == 7


async def test_an_export_of_all_events_stands_between_them(sign_in: SignIn, plans: StagedPlans) -> None:
    who = "account root at the command line"
    await note_events_exported(plans.engine, who, None)
    await note_events_exported(plans.engine, who, date(2026, 11, 3))
    assert await _told(await sign_in(MANAGER)) == [
        f"The {who} exported the events of all plans, since Tue 3 Nov 2026.",
        f"The {who} exported the events of all plans, since the beginning.",
    ]


@pytest.mark.parametrize(
    ("person", "status"), [(OPERATIONS, 200), (MANAGER, 200), (THERAPIST, 403), (FRONT_DESK, 403)]
)
async def test_only_those_who_run_the_clinic_read_them(person: Person, status: int, sign_in: SignIn) -> None:
    assert (await (await sign_in(person)).get("/staff/changes")).status_code == status


async def test_operations_read_them_without_managing_anybody(sign_in: SignIn, plans: StagedPlans) -> None:
    operations = await sign_in(LEAD)
    await set_roles(plans.engine, LEAD.id, SITE_ID, (Role.operations,), by="test")
    assert (await operations.get("/staff")).status_code == 403
    assert (await _told(operations))[0].startswith("The test changed what")
    assert 'href="/staff/changes"' in (await operations.get("/account")).text
    assert 'href="/staff"' not in (await operations.get("/account")).text


async def test_older_changes_are_a_page_away(sign_in: SignIn, plans: StagedPlans) -> None:
    manager = await sign_in(MANAGER)
    for number in range(60):
        role = (Role.front_desk,) if number % 2 else (Role.front_desk, Role.operations)
        await set_roles(plans.engine, FRONT_DESK.id, SITE_ID, role, by=MANAGER.id)
    page = await manager.get("/staff/changes")
    older = re.search(r'href="(/staff/changes\?before=\d+)"', page.text)
    assert older is not None
    assert len(await _told(manager)) == 50
    assert len(await _told(manager, older[1])) == 10
