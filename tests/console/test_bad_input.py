"""What goes wrong at a screen: a designed answer, typed words kept, and nothing applied twice."""

from __future__ import annotations

import re
from datetime import timedelta

import httpx2
import pytest
from fastapi import FastAPI
from sqlalchemy import text

from database.demo_clinic import LEAD
from schemas.plan import SessionStatus, Stage
from tests.console.conftest import MORNING, SignIn
from tests.console.staged_clinic import StagedPlans

LONG = "é🙂 " * 3400
ANY_SCRIPT = "نام 🙂 <script>alert(1)</script> \u202eabc\u202c"


def _form(page: httpx2.Response, action: str) -> dict[str, str]:
    """The hidden fields of the form that goes to this address."""
    form = re.search(rf'<form method="post" action="{re.escape(action)}".*?</form>', page.text, re.DOTALL)
    assert form is not None, action
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form[0]))


async def test_a_double_click_and_the_back_button_apply_a_hold_once(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    path = f"/plans/{lived_plan}/hold"
    form = {**_form(await priya.get(f"/plans/{lived_plan}"), path), "reason": "Two weeks of holiday."}
    for _ in range(3):
        assert (await priya.post(path, data=form)).status_code == 303
    assert plans.states[lived_plan].stage is Stage.suspended
    assert len(plans.commands) == 1
    assert (await priya.get(f"/plans/{lived_plan}")).text.count("<blockquote>Two weeks of holiday.") == 1


async def test_a_session_that_somebody_else_has_moved_is_not_moved_unseen(
    priya: httpx2.AsyncClient, sign_in: SignIn, lived_plan: str, plans: StagedPlans
) -> None:
    lead = await sign_in(LEAD)
    booked = (s for s in plans.states[lived_plan].sessions if s.status is SessionStatus.booked)
    coming = next(s for s in booked if s.starts_at > MORNING)
    path = f"/plans/{lived_plan}/sessions/{coming.no}/move"
    stale = _form(await lead.get(f"/plans/{lived_plan}"), path)
    fresh = _form(await priya.get(f"/plans/{lived_plan}"), path)
    later = (coming.starts_at + timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M")
    assert (await priya.post(path, data={**fresh, "starts_at": later})).status_code == 303
    again = await priya.post(path, data={**fresh, "starts_at": later})
    assert again.status_code == 303  # the same form once more is the same request
    much_later = (coming.starts_at + timedelta(hours=4)).strftime("%Y-%m-%dT%H:%M")
    refused = await lead.post(path, data={**stale, "starts_at": much_later})
    assert refused.status_code == 409
    assert "Somebody has moved session" in refused.text
    assert f'value="{much_later}"' in refused.text
    moved = plans.states[lived_plan].session(coming.no)
    assert moved is not None
    assert moved.starts_at == coming.starts_at + timedelta(hours=1)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/plans/{plan}/hold", {"form": "hold", "reason": LONG}),
        ("/plans/{plan}/check-ins", {"form": "check-in", "question": "CHK-PAIN", "value": "2", "note": LONG}),
        ("/plans/{plan}/adverse-events", {"form": "effect", "grade": "0", "description": LONG}),
        ("/plans/{plan}/sessions/{session}/outcome", {"outcome": "no_show", "note": LONG}),
    ],
)
async def test_a_note_of_ten_thousand_characters_comes_back_whole(
    path: str, form: dict[str, str], priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    session = next(s.no for s in plans.states[lived_plan].sessions if s.status is SessionStatus.booked)
    address = path.format(plan=lived_plan, session=session)
    answered = await priya.post(address, data={"key": "long", **form})
    assert answered.status_code == 422
    assert "at most 4000 characters" in answered.text
    assert LONG.strip() in answered.text
    assert plans.commands == []


async def test_any_script_and_markup_are_words_everywhere(priya: httpx2.AsyncClient, lived_plan: str) -> None:
    form = {"key": "s", "form": "hold", "reason": ANY_SCRIPT}
    assert (await priya.post(f"/plans/{lived_plan}/hold", data=form)).status_code == 303
    page = (await priya.get(f"/plans/{lived_plan}")).text
    assert "<script>alert" not in page
    assert "نام 🙂 &lt;script&gt;" in page


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_plan_that_does_not_exist_has_a_page_that_says_so(
    method: str, priya: httpx2.AsyncClient
) -> None:
    for path in ("/plans/nobody", "/plans/nobody/hold", "/plans/nobody/rescreen", "/plans/%F0%9F%99%82"):
        answered = await priya.request(method, path, data={"reason": "x"} if method == "POST" else None)
        assert answered.status_code in (404, 405), path
        assert "<h1>" in answered.text
        assert "Traceback" not in answered.text


async def test_a_plan_of_another_site_is_in_no_list_and_its_page_says_whose_it_is(
    priya: httpx2.AsyncClient, waiting_plan: str, plans: StagedPlans
) -> None:
    async with plans.engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO sites SELECT 'north', clinic_name, 'North', phone, zone, hours, created_at FROM sites"
            )
        )
        await connection.execute(text("UPDATE plans SET site_id = 'north'"))
    for path in ("/attention", "/approvals?whose=everyone", "/plans", "/plans/export.csv", "/api/v1/plans"):
        assert waiting_plan not in (await priya.get(path)).text, path
    for path in (f"/plans/{waiting_plan}", f"/approvals/{waiting_plan}-1", f"/api/v1/plans/{waiting_plan}"):
        answered = await priya.get(path)
        assert answered.status_code == 403, path
        assert "a site where you do not work" in answered.text
    form = {"key": "n", "form": "hold", "reason": "Not mine."}
    assert (await priya.post(f"/plans/{waiting_plan}/hold", data=form)).status_code == 403
    assert plans.commands == []


async def test_a_form_from_another_web_site_changes_nothing(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    answered = await priya.post(
        f"/plans/{lived_plan}/hold",
        data={"key": "csrf", "reason": "Not from here."},
        headers={"Sec-Fetch-Site": "cross-site"},
    )
    assert answered.status_code == 403
    assert "came from another web site" in answered.text
    assert plans.commands == []


async def test_the_calendar_reads_by_therapist_by_room_and_by_week(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    coming = next(s for s in plans.states[lived_plan].sessions if s.status is SessionStatus.booked)
    day = coming.starts_at.date()
    assert "Priya Nair" in (await priya.get(f"/today?day={day}")).text
    by_room = (await priya.get(f"/today?day={day}&by=room")).text
    assert re.search(r'<h2 id="group-1">[^<]*Room', by_room)
    week = (await priya.get(f"/today?day={day}&by=week")).text
    assert week.count("<h2 id=") >= 5
    assert "Nothing booked." in week
    assert (await priya.get("/today?by=moon")).status_code == 422


async def test_a_fault_of_ours_is_a_page_with_the_number_to_quote(
    app: FastAPI, priya: httpx2.AsyncClient
) -> None:
    @app.get("/plans/never/broken")
    async def broken() -> None:
        raise RuntimeError("secret inside")

    answered = await priya.get("/plans/never/broken")
    assert answered.status_code == 500
    assert "Something went wrong on our side" in answered.text
    assert answered.headers["X-Request-Id"] in answered.text
    assert "secret" not in answered.text


async def test_an_address_without_a_page_is_told_in_words_for_people(priya: httpx2.AsyncClient) -> None:
    nowhere, form_only = await priya.get("/nowhere"), await priya.get("/sign-out")
    assert (nowhere.status_code, form_only.status_code) == (404, 405)
    assert "There is no page at this address" in nowhere.text
    assert "This address only takes a form" in form_only.text
    assert "openapi" not in nowhere.text + form_only.text
