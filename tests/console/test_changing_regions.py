"""What a plan treats, changed from its page: with a reason; a refusal stands beside what was ticked."""

from __future__ import annotations

import re
from typing import Any

import httpx2

from database.demo_clinic import FRONT_DESK
from schemas.plan import Stage
from tests.console.conftest import SignIn
from tests.console.staged_clinic import StagedPlans

WHY = "The hip is free; her knee is what hurts now."


def ticked(page: httpx2.Response) -> set[str]:
    """The parts of the body that the form shows as chosen."""
    return set(re.findall(r'name="target_regions" value="([a-z_]+)" checked', page.text))


def form(key: str, *regions: str, reason: str = WHY) -> dict[str, Any]:
    return {"key": key, "form": "regions", "target_regions": list(regions), "reason": reason}


async def test_a_therapist_changes_what_is_treated_and_the_page_shows_it(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    path = f"/plans/{lived_plan}"
    page = await priya.get(path)
    assert ticked(page) == {"lumbar", "hip"}
    assert "Lower back" in page.text
    done = await priya.post(f"{path}/regions", data=form("a", "lumbar", "knee"))
    assert done.headers["Location"] == f"{path}?said=regions-changed"
    assert plans.states[lived_plan].protocol.target_regions == ("lumbar", "knee")
    assert plans.states[lived_plan].stage is Stage.active
    after = await priya.get(done.headers["Location"])
    assert ticked(after) == {"lumbar", "knee"}
    assert "<dt>Treated</dt><dd>Lower back, Knee</dd>" in after.text
    assert "The plan now treats: lower back, knee (new: knee; left out: hip)." in after.text


async def test_a_refused_change_says_why_and_keeps_what_was_ticked_and_written(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    before = plans.states[lived_plan]
    path = f"/plans/{lived_plan}/regions"
    same = await priya.post(path, data=form("a", "hip", "lumbar"))
    assert same.status_code == 409
    assert "already; choose what shall differ" in same.text
    assert WHY in same.text
    nothing = await priya.post(path, data=form("b"))
    assert nothing.status_code == 422
    assert "Tick at least one part of the body." in nothing.text
    wordless = await priya.post(path, data=form("c", "neck", reason=""))
    assert wordless.status_code == 422
    assert ticked(wordless) == {"neck"}
    assert plans.states[lived_plan] == before


async def _start_sheet(browser: httpx2.AsyncClient, plan_id: str) -> tuple[str, httpx2.Response]:
    inbox = await browser.get("/approvals?whose=everyone")
    found = re.search(rf'href="(/approvals/{plan_id}-\d+)"', inbox.text)
    assert found is not None, inbox.text
    return found[1], await browser.get(found[1])


def start_form(sheet: httpx2.Response, *regions: str, reason: str = WHY) -> dict[str, Any]:
    """The edited start as the sheet sends it."""
    key = re.search(r'name="key" value="([^"]+)"', sheet.text)
    assert key is not None
    treated = re.findall(r'name="treated" value="([a-z_]+)"', sheet.text)
    edit = {"key": key[1], "decision": "edit", "reason": reason}
    return edit | {"treated": treated, "target_regions": list(regions)}


async def test_a_therapist_starts_a_plan_with_other_parts_of_the_body(
    priya: httpx2.AsyncClient, waiting_plan: str, plans: StagedPlans
) -> None:
    path, sheet = await _start_sheet(priya, waiting_plan)
    assert "<dt>Treated</dt><dd>Lower back, Hip</dd>" in sheet.text
    assert ticked(sheet) == {"lumbar", "hip"}
    done = await priya.post(path, data=start_form(sheet, "lumbar", "knee"))
    assert done.headers["Location"] == "/approvals?said=edited"
    assert plans.states[waiting_plan].protocol.target_regions == ("lumbar", "knee")
    assert plans.states[waiting_plan].stage is Stage.active


async def test_a_start_edited_in_something_else_leaves_what_is_treated(
    priya: httpx2.AsyncClient, waiting_plan: str, plans: StagedPlans
) -> None:
    path, sheet = await _start_sheet(priya, waiting_plan)
    form = start_form(sheet, "hip", "lumbar") | {"session_minutes": "30"}
    assert (await priya.post(path, data=form)).status_code == 303
    protocol = plans.states[waiting_plan].protocol
    assert (protocol.target_regions, protocol.session_minutes) == (("lumbar", "hip"), 30)


async def test_a_start_with_nothing_ticked_or_without_a_reason_comes_back_with_what_was_ticked(
    priya: httpx2.AsyncClient, waiting_plan: str, plans: StagedPlans
) -> None:
    path, sheet = await _start_sheet(priya, waiting_plan)
    nothing = await priya.post(path, data=start_form(sheet))
    assert nothing.status_code == 422
    assert "Tick at least one part of the body." in nothing.text
    wordless = await priya.post(path, data=start_form(nothing, "neck", reason=""))
    assert wordless.status_code == 409
    assert ticked(wordless) == {"neck"}
    assert plans.states[waiting_plan].stage is Stage.awaiting_approval


async def test_the_front_desk_reads_why_it_may_not_change_what_is_treated(
    sign_in: SignIn, lived_plan: str
) -> None:
    desk = await sign_in(FRONT_DESK)
    page = await desk.get(f"/plans/{lived_plan}")
    assert "Change what is treated" in page.text
    assert 'name="target_regions"' not in page.text
    refused = await desk.post(f"/plans/{lived_plan}/regions", data=form("a", "neck"))
    assert refused.status_code == 403
