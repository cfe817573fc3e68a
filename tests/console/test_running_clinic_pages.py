"""Deliveries and the system: what waits for a person is placed, and pages read while the engine is away."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import httpx2
import pytest
from sqlalchemy import insert, update

from api.console import words
from database.demo_clinic import MANAGER, OPERATIONS, THERAPIST
from database.outages import note_awake
from database.tables import inbound_messages, messages
from database.tables.texts import InboundStatus
from database.undo import texts_to_undo
from schemas.commands import ReceiveText
from schemas.messages import MessageStatus
from schemas.plan import AgendaKind
from tests.console.conftest import MORNING, SignIn
from tests.console.staged_clinic import StagedPlans


def test_every_kind_of_agenda_item_has_words() -> None:
    assert set(AgendaKind) == set(words.NEXT)


@pytest.mark.parametrize(
    "path", ["/attention", "/approvals?whose=everyone", "/plans", "/today", "/deliveries"]
)
async def test_without_the_engine_every_page_reads_and_says_so(
    path: str, priya: httpx2.AsyncClient, waiting_plan: str, plans: StagedPlans, clock: Any
) -> None:
    plans.away = True
    clock.now += timedelta(seconds=30)
    for one in (path, f"/plans/{waiting_plan}"):
        page = await priya.get(one)
        assert page.status_code == 200
        assert "engine does not answer." in page.text
    plans.away = False
    clock.now += timedelta(seconds=30)
    assert "engine does not answer" not in (await priya.get(path)).text


async def test_the_system_page_names_each_part_that_is_unwell(
    sign_in: SignIn, plans: StagedPlans, clock: Any
) -> None:
    manager = await sign_in(MANAGER)
    page = (await manager.get("/system")).text
    assert "<strong>Engine (Temporal)</strong> answers." in page
    assert re.search(r"<strong>Record \(PostgreSQL\)</strong> answered in \d+\.\d ms", page)
    plans.away = True
    clock.now += timedelta(seconds=30)
    assert "<strong>Engine (Temporal)</strong> does not answer." in (await manager.get("/system")).text


async def test_a_clinic_without_a_worker_is_somebodys_to_look_at(
    priya: httpx2.AsyncClient, sign_in: SignIn, plans: StagedPlans, clock: Any
) -> None:
    await note_awake(plans.engine, MORNING, timedelta(minutes=3))
    assert "No worker is at work" not in (await priya.get("/attention")).text
    clock.now += timedelta(minutes=5)
    assert "No worker is at work" in (await priya.get("/attention")).text
    page = (await (await sign_in(OPERATIONS)).get("/attention")).text
    assert '<a class="button" href="/system"' in page


async def _arrived(plans: StagedPlans, number: str, body: str) -> str:
    """A text that nobody could place."""
    row = {
        "id": "lost-1",
        "provider_sid": "SMlost",
        "from_number": number,
        "to_number": "+447700900999",
        "body": body,
        "num_media": 0,
        "raw": {},
        "received_at": MORNING,
        "minute_key": "lost",
        "status": InboundStatus.unmatched,
    }
    async with plans.engine.begin() as connection:
        await connection.execute(insert(inbound_messages), row)
    return "lost-1"


async def test_a_text_that_fits_several_is_given_to_the_plan_that_a_person_names(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans, anna: dict[str, Any]
) -> None:
    text_id = await _arrived(plans, anna["client"]["mobile"], "Running late today")
    page = await priya.get("/deliveries")
    assert "Running late today" in page.text
    assert f'<option value="{lived_plan}">A.K.' in page.text
    wrong = await priya.post(f"/deliveries/inbound/{text_id}/place", data={"plan": "nobody"})
    assert wrong.status_code == 422
    placed = await priya.post(f"/deliveries/inbound/{text_id}/place", data={"plan": lived_plan})
    assert placed.headers["Location"] == "/deliveries?said=placed"
    assert isinstance(plans.commands[-1], ReceiveText)
    assert plans.commands[-1].inbound_id == text_id
    again = await priya.post(f"/deliveries/inbound/{text_id}/place", data={"plan": lived_plan})
    assert again.status_code == 409
    assert "Somebody has dealt with this text already." in again.text


async def test_a_text_that_is_nobodys_is_put_aside(priya: httpx2.AsyncClient, plans: StagedPlans) -> None:
    text_id = await _arrived(plans, "+447700900123", "Wrong number")
    assert "No open plan has this number." in (await priya.get("/deliveries")).text
    await priya.post(f"/deliveries/inbound/{text_id}/read")
    assert "No open plan has this number." not in (await priya.get("/deliveries")).text


async def test_mail_has_a_page_of_its_own(priya: httpx2.AsyncClient, lived_plan: str) -> None:
    assert "No mails here." in (await priya.get("/deliveries?which=mail")).text


async def test_a_text_that_failed_for_a_passing_reason_is_sent_again_once(
    priya: httpx2.AsyncClient, lived_plan: str, plans: StagedPlans
) -> None:
    await priya.post(f"/plans/{lived_plan}/hold", data={"key": "h", "form": "hold", "reason": "Away."})
    [waiting] = await texts_to_undo(plans.engine, THERAPIST.id)

    async def fail(code: str) -> None:
        change = update(messages).where(messages.c.key == waiting.key)
        async with plans.engine.begin() as connection:
            await connection.execute(change.values(status=MessageStatus.undelivered, error_code=code))

    await fail("30003")  # the phone was off
    assert "Send again" in (await priya.get("/deliveries?which=trouble")).text
    form = {"text": waiting.key}
    assert (await priya.post("/deliveries/again", data=form)).headers[
        "Location"
    ] == "/deliveries?said=sent-again"
    twice = await priya.post("/deliveries/again", data=form)
    assert twice.status_code == 409
    assert "This text is not sent again" in twice.text
