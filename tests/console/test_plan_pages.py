"""A plan's page: its whole life on one line, and every command with the plan's own answer."""

from __future__ import annotations

import re
from typing import Any

import httpx2

from schemas.plan import SessionStatus, Stage
from tests.console.conftest import MORNING, opened
from tests.console.staged_clinic import StagedPlans


async def test_a_plan_tells_what_is_next_and_what_was(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    page = await priya.get(f"/plans/{lived_plan}")
    assert page.status_code == 200
    assert re.search(r'class="next-sentence">Next: .+, .+ \d\d:\d\d', page.text)
    attended = [s for s in plans.states[lived_plan].sessions if s.status is SessionStatus.attended]
    assert page.text.count("m-session-attended") == len(attended) > 3
    assert page.text.count("m-session-booked future") == 2
    assert "m-text-in" in page.text
    assert "Delivered" in page.text


async def test_every_mark_of_the_drawing_is_also_in_a_list(
    priya: httpx2.AsyncClient, lived_plan: str
) -> None:
    page = await priya.get(f"/plans/{lived_plan}")
    ids = set(re.findall(r'id="([^"]+)"', page.text))
    for target in re.findall(r'<a href="#([^"]+)" tabindex="-1">', page.text):
        assert target in ids, target


async def test_a_refused_command_shows_the_plans_own_reason_beforehand(
    priya: httpx2.AsyncClient, waiting_plan: str
) -> None:
    page = await priya.get(f"/plans/{waiting_plan}")
    assert "it cannot be paused. It must be active first." in page.text
    assert f'action="/plans/{waiting_plan}/hold"' not in page.text


async def test_a_hold_keeps_its_reason_and_is_shown(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    answered = await priya.post(
        f"/plans/{lived_plan}/hold", data={"key": "once", "reason": "Two weeks of holiday.", "form": "hold"}
    )
    assert answered.headers["Location"] == f"/plans/{lived_plan}?said=held"
    assert plans.states[lived_plan].stage is Stage.suspended
    page = await priya.get(f"/plans/{lived_plan}")
    assert "Two weeks of holiday." in page.text
    assert f'action="/plans/{lived_plan}/resume"' in page.text


async def test_a_time_that_has_passed_is_refused_with_the_page(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    coming = next(s for s in plans.states[lived_plan].sessions if s.starts_at > MORNING)
    answered = await priya.post(
        f"/plans/{lived_plan}/sessions/{coming.no}/move", data={"key": "m", "starts_at": "2026-11-02T09:00"}
    )
    assert answered.status_code == 409
    assert "has passed; choose a time still to come" in answered.text
    assert plans.states[lived_plan].session(coming.no) == coming


async def test_no_time_at_all_names_the_field(priya: httpx2.AsyncClient, lived_plan: str) -> None:
    answered = await priya.post(
        f"/plans/{lived_plan}/sessions/9/move", data={"key": "m", "starts_at": "soon"}
    )
    assert answered.status_code == 422
    assert "Give a day and a time." in answered.text


async def test_names_in_any_script_and_with_markup_stay_words(
    priya: httpx2.AsyncClient, anna: dict[str, Any]
) -> None:
    anna["client"].update(given_name="<b>Åsa</b> 🙂", family_name="عائشة")
    plan_id = await opened(priya, anna)
    page = await priya.post(f"/plans/{plan_id}/contact")
    assert "&lt;b&gt;Åsa&lt;/b&gt; 🙂 عائشة" in page.text
    assert (await priya.get(f"/plans/{plan_id}")).status_code == 200


async def test_filters_live_in_the_address(priya: httpx2.AsyncClient, waiting_plan: str) -> None:
    assert (
        waiting_plan in (await priya.get("/plans?stage=awaiting_approval&waiting=decision&therapist=")).text
    )
    assert waiting_plan not in (await priya.get("/plans?waiting=alert")).text
    nobody = await priya.get("/plans?stage=discharged")
    assert waiting_plan not in nobody.text
    assert "No plan fits these filters." in nobody.text
    wrong = await priya.get("/plans?cursor=nonsense")
    assert wrong.status_code == 422
    assert "This is not a cursor of ours" in wrong.text
