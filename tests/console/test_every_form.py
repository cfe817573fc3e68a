"""Every form of the console meets what goes wrong at screens: no word is lost, and nothing is applied twice."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

import httpx2
import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs

from api.console import words
from database.accounts import set_roles
from database.demo_clinic import SITE_ID, THERAPIST
from database.tables import metadata
from schemas.alerts import AlertReason
from schemas.commands import Role
from schemas.plan import Session, SessionStatus
from tests.console.conftest import MORNING, NOTHING_NEW, Clock
from tests.console.staged_clinic import StagedPlan, StagedPlans
from tests.console.test_every_route import WAYS

NOTE = "Slept badly; stiff <left> hip & back. שלום 🙂"
LONG = "é🙂 " * 3400
FORMS = sorted(way.path for way in WAYS if way.method == "POST" and not way.path.startswith("/api/"))
_FIELDS = (
    *(
        "reason",
        "note",
        "description",
        "name",
        "given_name",
        "family_name",
        "label",
        "outcome",
        "value",
        "key",
    ),
    *(
        "starts_at",
        "until",
        "step",
        "text",
        "plan",
        "staff_id",
        "delegate_id",
        "first_day",
        "last_day",
        "role",
    ),
    *(
        "email",
        "mobile",
        "initials",
        "question",
        "grade",
        "decision",
        "q",
        "do",
        "filters",
        "site",
        "profile",
    ),
)


def _address(path: str, **known: str) -> str:
    """The path with what is known in its places, and with something that does not exist in the others."""
    return re.sub(r"\{(\w+)\}", lambda place: known.get(place[1], "9999"), path)


async def _rows(engine: AsyncEngine) -> dict[str, int]:
    """How much is in each table, but for who is logged in."""
    counted = [name for name in sorted(metadata.tables) if name not in ("api_tokens", "tries")]
    every = " UNION ALL ".join(f"SELECT '{name}' AS name, count(*) AS rows FROM {name}" for name in counted)
    async with engine.connect() as connection:
        return {row.name: row.rows for row in await connection.execute(text(every))}


def _is_designed(answered: httpx2.Response, path: str) -> str:
    no_key = answered.status_code == 503 and "LIMBER_ENCRYPTION_KEYS" in answered.text
    assert answered.status_code < 500 or no_key, (path, answered.status_code)
    if answered.status_code != 303:
        assert "<h1" in answered.text, path
    assert "Traceback" not in answered.text
    return unescape(answered.text)


@pytest.fixture
async def everybody_s(priya: httpx2.AsyncClient, plans: StagedPlans) -> httpx2.AsyncClient:
    """The browser of somebody who may do everything."""
    await set_roles(plans.engine, THERAPIST.id, SITE_ID, tuple(Role), by="test")
    return priya


async def test_after_a_night_every_form_waits_at_the_door_with_its_words(
    everybody_s: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, clock: Clock
) -> None:
    clock.now = MORNING + timedelta(hours=12, minutes=1)
    before = await _rows(plans.engine)
    for path in FORMS:
        address = _address(path, plan_id=lived_plan, session_no="1")
        answered = await everybody_s.post(address, data={"key": "k", "reason": NOTE})
        page = _is_designed(answered, path)
        assert answered.status_code == 401, path
        assert "what you typed is kept" in page, path
        assert f'name="kept:reason" value="{NOTE}"' in page, path
    assert await _rows(plans.engine) == before
    assert plans.commands == []


@pytest.mark.parametrize(
    "headers",
    [{"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "", "Origin": "https://elsewhere.example"}],
    ids=["a modern browser", "an old browser"],
)
async def test_no_form_is_taken_from_another_web_site_and_its_words_can_be_copied(
    headers: dict[str, str], everybody_s: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    before = await _rows(plans.engine)
    for path in FORMS:
        address = _address(path, plan_id=lived_plan, session_no="1")
        answered = await everybody_s.post(address, data={"key": "k", "reason": NOTE}, headers=headers)
        page = _is_designed(answered, path)
        assert answered.status_code == 403, path
        assert "came from another web site" in page
        assert NOTE in page, path
    assert await _rows(plans.engine) == before
    assert plans.commands == []


async def test_what_does_not_exist_is_said_so_at_every_address(
    everybody_s: httpx2.AsyncClient, plans: StagedPlans
) -> None:
    with capture_logs() as logs:
        for way in WAYS:
            if way.path.startswith("/api/") or way.path == "/live":
                continue
            for nothing in ("9999", "%F0%9F%99%82", "..%2F..", "' OR 1=1 --"):
                address = re.sub(r"\{[^}]+\}", nothing, way.path)
                form = {"key": "k", "reason": NOTE} if way.method == "POST" else None
                answered = await everybody_s.request(way.method, address, data=form)
                if way.method == "POST" or "{" in way.path:
                    _is_designed(answered, f"{way.method} {address}")
                if "{" not in way.path:
                    break
    assert not [one for one in logs if one["log_level"] == "error"]
    assert plans.commands == []


async def test_ten_thousand_characters_in_every_field_break_no_form(
    everybody_s: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    with capture_logs() as logs:
        for path in FORMS:
            address = _address(path, plan_id=lived_plan, session_no="1")
            answered = await everybody_s.post(address, data=dict.fromkeys(_FIELDS, LONG))
            _is_designed(answered, path)
    assert not [one for one in logs if one["log_level"] == "error"]
    assert plans.commands == []


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/plans/{plan}/withdraw", {"form": "withdraw", "reason": LONG}),
        ("/plans/{plan}/discharge", {"form": "discharge", "reason": LONG}),
        (
            "/plans/{plan}/sessions/{session}/outcome",
            {"outcome": "attended", "note": LONG, "pain": "2"} | NOTHING_NEW,
        ),
        ("/alerts/{alert}/close", {"outcome": "see_note", "note": LONG}),
        ("/plans/{plan}/assessment", {"outcome": "suitable", "reasoning": LONG}),
    ],
)
async def test_a_long_note_comes_back_whole_and_nothing_is_applied(
    path: str, form: dict[str, str], priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    staged = await plans.live(lived_plan, MORNING, act=lambda plan: plan.text("who is this"))
    alert = next(one for one in staged.state.alerts if one.reason is AlertReason.unread_reply)
    address = path.format(plan=lived_plan, session=_coming(staged).no, alert=alert.id)
    answered = await priya.post(address, data={"key": "long", **form})
    assert answered.status_code == 422, answered.text[:2000]
    assert LONG.strip() in unescape(answered.text)
    assert plans.commands == []


def _coming(plan: StagedPlan) -> Session:
    return next(s for s in plan.state.sessions if s.status is SessionStatus.booked and s.starts_at > MORNING)


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/plans/{plan}/withdraw", {"reason": "She stops."}),
        ("/plans/{plan}/discharge", {"reason": "The goal is reached; agreed with her."}),
        ("/plans/{plan}/sessions/{session}/cancel", {}),
        ("/plans/{plan}/check-ins", {"question": "CHK-PAIN", "value": "2"}),
        ("/plans/{plan}/adverse-events", {"grade": "0", "description": "Sore for a day."}),
        ("/alerts/{alert}/take", {}),
        ("/alerts/{alert}/close", {"outcome": "see_note", "note": "Rang; it was her sister."}),
    ],
)
async def test_a_double_click_and_the_back_button_apply_it_once(
    path: str, form: dict[str, str], priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    staged = await plans.live(lived_plan, MORNING, act=lambda plan: plan.text("who is this"))
    alert = next(one for one in staged.state.alerts if one.reason is AlertReason.unread_reply)
    address = path.format(plan=lived_plan, session=_coming(staged).no, alert=alert.id)
    answers = [await priya.post(address, data={"key": "once", **form}) for _ in range(3)]
    assert [one.status_code for one in answers] == [303, 303, 303], answers[-1].text[:2000]
    assert len({one.headers["Location"] for one in answers}) == 1
    assert len(plans.commands) == 1


async def test_no_form_about_another_site_s_plan_is_taken(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    staged = await plans.live(lived_plan, MORNING, act=lambda plan: plan.text("who is this"))
    alert = next(one for one in staged.state.alerts if one.reason is AlertReason.unread_reply)
    async with plans.engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO sites SELECT 'north', clinic_name, 'North', phone, zone, hours, created_at FROM sites"
            )
        )
        await connection.execute(text("UPDATE plans SET site_id = 'north'"))
    before = await _rows(plans.engine)
    asked = 0
    for path in FORMS:
        if not re.match(r"/(plans/\{plan_id\}|approvals/\{|alerts/\{)", path):
            continue
        known = {
            "plan_id": lived_plan,
            "session_no": "1",
            "alert_id": alert.id,
            "approval_id": f"{lived_plan}-1",
        }
        answered = await priya.post(_address(path, **known), data={"key": "k", "reason": NOTE, "note": NOTE})
        page = _is_designed(answered, path)
        assert answered.status_code == 403, path
        assert "a site where you do not work" in page, path
        asked += 1
    assert asked >= 15
    for path, body in (
        (f"/api/v1/alerts/{alert.id}/acknowledge", {}),
        (f"/api/v1/alerts/{alert.id}/close", {"outcome": "see_note", "note": NOTE}),
        (f"/api/v1/approvals/{lived_plan}-1/decision", {"decision": "approve"}),
    ):
        assert (await priya.post(path, json=body)).json()["code"] == "not_your_site", path
    day = _coming(staged).starts_at.date()
    lists = (
        "/api/v1/attention",
        "/api/v1/plans",
        "/api/v1/approvals",
        "/attention",
        "/plans",
        "/deliveries",
        f"/today?day={day}",
    )
    for path in lists:
        assert lived_plan not in (await priya.get(path)).text, path
    assert await _rows(plans.engine) == before
    assert plans.commands == []


@pytest.mark.parametrize(
    ("given", "family", "said"),
    [
        ("نور", "حداد", "ن.ح."),
        ("🌻", "Haddad", "🌻.H."),
        ("\u202eabc", "O'Brien-Ní", "A.O."),
        ("e\u0301lise", "<b>Bold</b>", "É.<."),
    ],
)
async def test_names_of_any_script_stand_on_every_page_without_disturbing_it(
    *, given: str, family: str, said: str, priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    async with plans.engine.begin() as connection:
        named = text("UPDATE clients SET given_name = :given, family_name = :family")
        await connection.execute(named, {"given": given, "family": family})
    assert words.initials(f"{given} {family}") == said
    for path in ("/plans", f"/plans/{lived_plan}", "/today", "/deliveries", "/plans/export.csv"):
        page = await priya.get(path)
        assert page.status_code == 200, path
        assert "<b>Bold" not in page.text
        assert "\u202e" not in page.text, path
    contact = await priya.post(f"/plans/{lived_plan}/contact")
    assert given in unescape(contact.text)
    assert "<bdi>" in contact.text
