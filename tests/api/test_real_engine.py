"""The API over the real engine, with a real worker, gateway and database."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import timedelta
from functools import partial
from types import ModuleType
from typing import Any

import httpx2
import pytest
from httpx2 import AsyncClient
from pydantic import SecretStr
from sqlalchemy.ext.asyncio import AsyncEngine

from activities.packs import PackShelf
from api.app import create_app
from api.clinic import Clinic
from bench.clinic import Clinic as RunningClinic
from bench.clinic import open_clinic
from care.local_time import out_of_quiet
from care.pack import builtin
from cli.embedded.temporal import EmbeddedTemporal
from database.demo_clinic import HOURS, THERAPIST
from schemas.settings import Settings
from tests.api.conftest import SERVICE_TOKEN
from tests.api.forms import with_field
from tests.api.pathway import opened, read, waiting
from worker.client import connect
from worker.failed_texts import tell_failure
from worker.plan_client import PlanClient
from worker.routing import route_inbound


def served(engine: AsyncEngine, plans: PlanClient, settings: Settings) -> AsyncClient:
    """A client that acts for the therapist, of an API over these plans."""
    app = create_app(
        Clinic(
            settings=settings,
            engine=engine,
            plans=plans,
            pack=builtin(),
            pack_by_hash=PackShelf(engine).get,
            route_inbound=partial(route_inbound, engine, plans),
            tell_failure=partial(tell_failure, engine, plans),
        )
    )
    return httpx2.AsyncClient(
        transport=httpx2.ASGITransport(app=app),
        base_url="https://clinic.example",
        headers={"Authorization": f"Bearer {SERVICE_TOKEN}", "X-Limber-Staff": THERAPIST.email},
    )


@pytest.fixture
async def running(
    engine: AsyncEngine, clinic: ModuleType, temporal: EmbeddedTemporal
) -> AsyncIterator[RunningClinic]:
    """The demo clinic with its workers and its gateway."""
    async with open_clinic(engine, temporal.address) as one:
        yield one


@pytest.fixture
async def staff(running: RunningClinic, settings: Settings) -> AsyncIterator[AsyncClient]:
    """The therapist's client."""
    async with served(running.engine, running.parts.plans, settings) as client:
        yield client


async def started(staff: AsyncClient, running: RunningClinic, form: dict[str, Any]) -> str:
    """The id of a plan that has opened and whose start is approved."""
    plan_id = await opened(staff, form)
    plan = running.plan_of(plan_id, "", None)
    await running.settled(plan)
    approval = await waiting(staff, plan_id)
    decided = await staff.post(f"/api/v1/approvals/{approval}/decision", json={"decision": "approve"})
    assert decided.status_code == 200, decided.text
    await running.settled(plan)
    return plan_id


async def test_an_intake_becomes_a_running_plan_that_ends_when_the_client_stops(
    staff: AsyncClient, running: RunningClinic, anna: dict[str, Any]
) -> None:
    plan_id = await started(staff, running, anna)
    whole = await read(staff, plan_id)
    assert whole["plan"]["stage"] == "active"
    assert [session["status"] for session in whole["state"]["sessions"]] == ["booked", "booked"]
    plan = running.plan_of(plan_id, "", None)
    # at night it waits for the day, and goes within its first seconds
    day = out_of_quiet(HOURS, await running.now(plan)) + timedelta(seconds=10)
    await running.advance(plan, to=day)
    sent = (await read(staff, plan_id, "/messages"))["messages"]
    assert any("Your next visits" in (text["body"] or "") for text in sent)
    early = await staff.post(f"/api/v1/plans/{plan_id}/sessions/1/outcome", json={"outcome": "attended"})
    assert (early.status_code, early.json()["code"]) == (409, "session_not_happened")
    stopped = await staff.post(f"/api/v1/plans/{plan_id}/withdraw")
    assert stopped.json()["stage"] == "withdrawn"
    again = await staff.post(f"/api/v1/plans/{plan_id}/withdraw")
    assert (again.status_code, again.json()["code"]) == (409, "plan_closed")


async def test_other_target_regions_reach_the_running_plan_and_hold_it_at_once(
    staff: AsyncClient, running: RunningClinic, anna: dict[str, Any]
) -> None:
    knee = {"value": "healing_or_not_checked", "region": ["knee"], "date": "2026-09-01"}
    plan_id = await started(
        staff, running, with_field(anna, "screening", {**anna["screening"], "SCR-08": knee})
    )
    asked = {"edit": {"target_regions": ["knee"]}, "reason": "Her knee is what hurts now."}
    answered = await staff.post(f"/api/v1/plans/{plan_id}/amend", json=asked)
    assert (answered.status_code, answered.json()["stage"]) == (200, "suspended"), answered.text
    assert await waiting(staff, plan_id, "clearance")
    again = await staff.post(f"/api/v1/plans/{plan_id}/amend", json=asked)
    assert (again.status_code, again.json()["code"]) == (409, "same_regions")


async def test_a_start_with_a_held_part_is_refused_by_the_plan_and_one_with_a_free_part_begins(
    staff: AsyncClient, running: RunningClinic, anna: dict[str, Any]
) -> None:
    knee = {"value": "healing_or_not_checked", "region": ["knee"], "date": "2026-09-01"}
    form = with_field(anna, "screening", {**anna["screening"], "SCR-08": knee})
    plan_id = await opened(staff, form)
    await running.settled(running.plan_of(plan_id, "", None))
    address = f"/api/v1/approvals/{await waiting(staff, plan_id)}/decision"
    asked = {"decision": "edit", "reason": "Her knee hurts most.", "edit": {"target_regions": ["knee"]}}
    held = await staff.post(address, json=asked)
    assert (held.status_code, held.json()["code"]) == (409, "holds_open"), held.text
    free = await staff.post(address, json={**asked, "edit": {"target_regions": ["shoulder"]}})
    assert (free.status_code, free.json()["stage"]) == (200, "active"), free.text
    whole = await read(staff, plan_id)
    assert whole["state"]["protocol"]["target_regions"] == ["shoulder"]


async def test_a_taken_time_comes_back_from_the_plan_with_free_ones(
    staff: AsyncClient, running: RunningClinic, anna: dict[str, Any]
) -> None:
    one = await started(staff, running, anna)
    other = await started(staff, running, with_field(anna, "preferred", {"weekday": "thursday"}))
    taken = (await read(staff, one))["state"]["sessions"][0]["starts_at"]
    answered = await staff.post(f"/api/v1/plans/{other}/sessions/1/reschedule", json={"starts_at": taken})
    assert (answered.status_code, answered.json()["code"]) == (409, "slot_taken")
    free = answered.json()["alternatives"]
    moved = await staff.post(f"/api/v1/plans/{other}/sessions/1/reschedule", json={"starts_at": free[0]})
    assert moved.status_code == 200, moved.text


async def test_without_the_engine_intakes_are_taken_and_commands_asked_again_later(
    engine: AsyncEngine, clinic: ModuleType, settings: Settings, anna: dict[str, Any]
) -> None:
    nowhere = settings.model_copy(
        update={"temporal_address": "127.0.0.1:1", "encryption_key_list": SecretStr("k:" + "A" * 43 + "=")}
    )
    plans = PlanClient(await connect(nowhere, lazy=True))
    async with served(engine, plans, nowhere) as staff:
        plan_id = await opened(staff, anna)
        assert (await read(staff, plan_id))["plan"]["stage"] == "screening"
        answered = await staff.post(f"/api/v1/plans/{plan_id}/withdraw")
    assert (answered.status_code, answered.json()["code"]) == (503, "engine_unavailable")
