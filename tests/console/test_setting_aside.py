"""ALG-10 at the console: a finding is set aside by those who may, with a reason; all else says why it stays."""

from __future__ import annotations

import re
from typing import Any

import httpx2
import pytest

from database.accounts import set_roles
from database.demo_clinic import FRONT_DESK, SITE_ID, THERAPIST
from schemas.commands import Role
from schemas.plan import Stage
from tests.console.conftest import SignIn, opened
from tests.console.staged_clinic import StagedPlans

SHARP = {"SCR-16": {"value": 4, "worst_24h": 5, "sharp": "yes"}}
A_LETTER_TOO = {**SHARP, "SCR-01": {"value": "checked"}}
WHY = "Examined: a mechanical catch, no guarding, eases with movement."


@pytest.fixture
async def held_plan(priya: httpx2.AsyncClient, anna: dict[str, Any]) -> str:
    """A plan that waits for the physiotherapist's own review, and for a doctor's letter."""
    return await opened(priya, {**anna, "screening": {**anna["screening"], **A_LETTER_TOO}})


def fields_of(page: httpx2.Response, rule: str) -> dict[str, str]:
    """The hidden fields of the form that names this rule."""
    form = next(one for one in re.findall(r"<form.*?</form>", page.text, re.DOTALL) if rule in one)
    return dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))


async def test_a_finding_of_ones_own_is_set_aside_with_a_reason_and_a_letter_stays(
    priya: httpx2.AsyncClient, held_plan: str, plans: StagedPlans
) -> None:
    path = f"/plans/{held_plan}/overrides"
    assert f'href="{path}"' in (await priya.get(f"/plans/{held_plan}")).text
    page = await priya.get(path)
    assert "SCR-01-c cannot be overridden (ALG-10)" in page.text
    form = fields_of(page, "SCR-16-b")
    short = await priya.post(path, data={**form, "reason": "Looks fine."})
    assert short.status_code == 422
    assert "at least 20 characters" in short.text
    assert "Looks fine." in short.text
    form = fields_of(short, "SCR-16-b")
    for _ in range(2):  # a double click
        done = await priya.post(path, data={**form, "reason": WHY})
        assert done.headers["Location"] == f"/plans/{held_plan}?said=set-aside"
    state = plans.states[held_plan]
    assert [one.hold.rule for one in state.screening.holds if one.discharged_at is None] == ["SCR-01-c"]
    assert state.stage is Stage.awaiting_clearance
    assert WHY in (await priya.get(f"/plans/{held_plan}")).text


async def test_what_must_stay_is_refused_with_the_guards_reason_and_keeps_every_word(
    priya: httpx2.AsyncClient, held_plan: str, plans: StagedPlans
) -> None:
    before = plans.states[held_plan]
    letter = next(one.key for one in before.screening.holds if one.hold.rule == "SCR-01-c")
    form = {"key": "k", "form": f"hold-{letter}", "hold": letter, "reason": WHY}
    refused = await priya.post(f"/plans/{held_plan}/overrides", data=form)
    assert refused.status_code == 409
    assert "cannot be overridden (ALG-10)" in refused.text
    assert WHY in refused.text
    assert plans.states[held_plan] == before


async def test_a_restriction_is_lifted_from_the_approval_sheet(
    priya: httpx2.AsyncClient, anna: dict[str, Any], plans: StagedPlans
) -> None:
    form = {**anna, "screening": {**anna["screening"], "SCR-21": {"value": "bruise_easily"}}}
    plan_id = await opened(priya, form)
    path = f"/plans/{plan_id}/overrides"
    assert f'href="{path}"' in (await priya.get(f"/approvals/{plan_id}-1")).text
    page = await priya.get(path)
    assert "No PNF contract relax (Lower back)" in page.text
    data = {**fields_of(page, "SCR-21-b"), "reason": "Bruises after falls only; skin checked, no bleeding."}
    done = await priya.post(path, data=data)
    assert done.status_code == 303
    codes = {one.code for one in plans.states[plan_id].protocol.restrictions}
    assert "R-NO-DEEP-PRESSURE" not in codes
    assert "myofascial_release" in plans.states[plan_id].protocol.techniques


async def test_nobody_but_the_treating_or_lead_physiotherapist_sets_anything_aside(
    priya: httpx2.AsyncClient, sign_in: SignIn, held_plan: str, plans: StagedPlans
) -> None:
    path = f"/plans/{held_plan}/overrides"
    desk = await sign_in(FRONT_DESK)
    assert path not in (await desk.get(f"/plans/{held_plan}")).text
    assert (await desk.post(path, data={"key": "k", "reason": WHY})).status_code == 403
    await set_roles(plans.engine, THERAPIST.id, SITE_ID, (Role.duty_physiotherapist,), by="test")
    assert path not in (await priya.get(f"/plans/{held_plan}")).text
    assert (await priya.get(path)).status_code == 403
