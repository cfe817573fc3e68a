"""A clearance over HTTP rests on the same paper as at the console, and is kept in the same words."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient
from sqlalchemy.ext.asyncio import AsyncEngine

from tests.api.conftest import NOW, Clock
from tests.api.forms import example
from tests.api.pathway import notes, opened, read, refused, waiting
from tests.api.recorded_plans import RecordedPlans

LETTER = {
    "decision": "approve",
    "reason": "Light work only.",
    "document_from": "Dr Ana Lowe, Mill Lane Surgery",
    "document_dated": (NOW - timedelta(days=6)).date().isoformat(),
    "document_kept": "client's file, cabinet 2",
    "document_valid_until": (NOW + timedelta(days=60)).date().isoformat(),
}
KEPT = "By Dr Ana Lowe, Mill Lane Surgery, dated Tue 27 Oct 2026; kept: client's file, cabinet 2."


async def _clearance(therapist: AsyncClient) -> tuple[str, str]:
    """A plan that waits for the GP's letter, and where it is decided."""
    plan_id = await opened(therapist, example("dorothy-osteoporosis"))
    return plan_id, f"/api/v1/approvals/{await waiting(therapist, plan_id, 'clearance')}/decision"


async def test_a_letter_ends_its_hold_and_is_kept_with_the_decision(
    therapist: AsyncClient, engine: AsyncEngine
) -> None:
    plan_id, address = await _clearance(therapist)
    stated = (await read(therapist, plan_id))["screening"]["holds"][0]["document_must_state"]
    assert "limits" in stated
    assert (await therapist.post(address, json=LETTER)).status_code == 200
    assert await notes(engine) == [f"{KEPT} Light work only."]
    approvals = (await read(therapist, plan_id))["approvals"]
    assert [one["reason"] for one in approvals if one["kind"] == "clearance"] == [f"{KEPT} Light work only."]
    refused(await therapist.post(address, json=LETTER), "already_decided")
    assert len(await notes(engine)) == 1


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        (
            {"document_from": None, "document_dated": None, "document_kept": None},
            {"document_from", "document_dated", "document_kept"},
        ),
        ({"document_valid_until": None}, {"document_valid_until"}),
        ({"document_kept": "  "}, {"document_kept"}),
        ({"document_from": "x" * 10_000}, {"document_from"}),
        ({"document_dated": (NOW + timedelta(days=1)).date().isoformat()}, {"document_dated"}),
        ({"document_dated": "last week"}, {"document_dated"}),
        ({"decision": "reject", "document_kept": None}, {"document_kept"}),
    ],
)
async def test_what_is_not_said_about_a_letter_is_named_and_nothing_is_kept(
    *,
    changes: dict[str, Any],
    fields: set[str],
    therapist: AsyncClient,
    engine: AsyncEngine,
    plans: RecordedPlans,
) -> None:
    _, address = await _clearance(therapist)
    problem = refused(await therapist.post(address, json=LETTER | changes), "invalid_fields", 422)
    assert {error["field"] for error in problem["errors"]} == fields
    assert (plans.commands, await notes(engine)) == ([], [])


async def test_a_plan_in_virtual_time_takes_a_letter_of_its_own_day(
    therapist: AsyncClient, clock: Clock
) -> None:
    """A demo in the evening: its plan is already at tomorrow's opening, the clinic's clock is not."""
    clock.pass_by(timedelta(days=1))
    _, address = await _clearance(therapist)
    clock.pass_by(timedelta(days=-1))
    tomorrow = (NOW + timedelta(days=1)).date()
    refused(
        await therapist.post(
            address, json=LETTER | {"document_dated": (tomorrow + timedelta(days=1)).isoformat()}
        ),
        "invalid_fields",
        422,
    )
    answer = await therapist.post(address, json=LETTER | {"document_dated": tomorrow.isoformat()})
    assert answer.status_code == 200, answer.text


async def test_a_letter_that_has_run_out_keeps_its_hold_open(
    therapist: AsyncClient, engine: AsyncEngine
) -> None:
    _, address = await _clearance(therapist)
    refused(
        await therapist.post(address, json=LETTER | {"document_valid_until": "2026-11-02"}),
        "document_not_valid",
    )
    assert await notes(engine) == []


@pytest.mark.parametrize(
    ("letter", "kept"),
    [
        ({}, "The GP advises against it."),
        (
            {name: LETTER[name] for name in ("document_from", "document_dated", "document_kept")},
            f"{KEPT} The GP advises against it.",
        ),
    ],
    ids=["no letter came", "the letter says no"],
)
async def test_a_rejection_may_name_the_letter_that_says_no(
    letter: dict[str, str], kept: str, therapist: AsyncClient, engine: AsyncEngine
) -> None:
    _, address = await _clearance(therapist)
    no = {"decision": "reject", "reason": "The GP advises against it.", **letter}
    assert (await therapist.post(address, json=no)).status_code == 200
    assert await notes(engine) == [kept]


async def test_no_other_decision_rests_on_a_letter(therapist: AsyncClient, anna: dict[str, Any]) -> None:
    plan_id = await opened(therapist, anna)
    address = f"/api/v1/approvals/{await waiting(therapist, plan_id)}/decision"
    problem = refused(await therapist.post(address, json=LETTER), "invalid_fields", 422)
    assert {error["field"] for error in problem["errors"]} == {name for name in LETTER if "document" in name}
