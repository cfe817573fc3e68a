"""A letter ends a hold: that it came, by whom, of what date and where the paper is, without any file."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import httpx2
import pytest

from schemas.plan import Approval
from schemas.protocol import ApprovalKind
from tests.api.forms import example, with_field
from tests.console.conftest import MORNING, opened
from tests.console.staged_clinic import StagedPlans

LETTER = {
    "decision": "approve",
    "document_from": "Dr Ana Lowe, Mill Lane Surgery",
    "document_dated": (MORNING - timedelta(days=6)).date().isoformat(),
    "document_kept": "client's file, cabinet 2",
    "document_valid_until": (MORNING + timedelta(days=60)).date().isoformat(),
    "reason": "Light work only, no rotation under load.",
}
KEPT = (
    "By Dr Ana Lowe, Mill Lane Surgery, dated Wed 18 Nov 2026; kept: client&#39;s file, cabinet 2. "
    "Light work only, no rotation under load."
)


@pytest.fixture
async def waiting(priya: httpx2.AsyncClient, plans: StagedPlans) -> Approval:
    """Dorothy's GP is to write before she is treated."""
    plan_id = await opened(priya, example("dorothy-osteoporosis"))
    return next(one for one in plans.states[plan_id].approvals if one.kind is ApprovalKind.clearance)


async def test_what_the_letter_is_and_where_it_lies_stands_with_the_decision_and_on_the_plan(
    priya: httpx2.AsyncClient, waiting: Approval
) -> None:
    path, plan = f"/approvals/{waiting.id}", f"/plans/{waiting.id.rpartition('-')[0]}"
    assert "No file is kept here" in (await priya.get(path)).text
    assert f'<a href="{path}">Record the document</a>' in (await priya.get(plan)).text
    for _ in range(2):  # a double click
        assert (await priya.post(path, data={"key": "once", **LETTER})).status_code == 303
    assert KEPT in (await priya.get(path)).text
    page = (await priya.get(plan)).text
    assert "by Priya Nair, valid until" in page
    assert f'<a href="{path}">The document and the decision</a>' in page
    assert KEPT in page


@pytest.mark.parametrize(
    ("field", "instead", "asks"),
    [
        ("document_from", "", "Say who wrote it"),
        ("document_dated", "", "Give the date that stands on it"),
        (
            "document_dated",
            (MORNING + timedelta(days=1)).date().isoformat(),
            "Give a date that is not still to come",
        ),
        ("document_kept", " ", "Say where the paper is kept"),
        ("document_valid_until", "", "Give the last day on which it counts"),
    ],
)
async def test_a_letter_that_nobody_could_find_again_ends_no_hold(
    field: str, instead: str, asks: str, priya: httpx2.AsyncClient, waiting: Approval
) -> None:
    answered = await priya.post(f"/approvals/{waiting.id}", data={"key": "once", **LETTER, field: instead})
    assert answered.status_code == 422
    assert asks in answered.text
    assert "Light work only, no rotation under load." in answered.text
    assert "data-decision" in (await priya.get(f"/approvals/{waiting.id}")).text


async def test_a_letter_that_says_no_needs_only_the_reason(
    priya: httpx2.AsyncClient, waiting: Approval
) -> None:
    form = {"key": "once", "decision": "reject", "reason": "The GP advises against it for now."}
    assert (await priya.post(f"/approvals/{waiting.id}", data=form)).status_code == 303


@pytest.mark.parametrize(("ticked", "goes"), [("yes", True), ("no", False), (None, False)])
async def test_the_consent_record_of_a_client_under_16_says_whether_texts_are_agreed(
    *,
    ticked: str | None,
    goes: bool,
    priya: httpx2.AsyncClient,
    plans: StagedPlans,
    anna: dict[str, Any],
    waiting: Approval,
) -> None:
    young = with_field(anna, "client.date_of_birth", "2012-04-17")
    of_age = {"value": "2012-04-17", "parental": "yes"}
    plan_id = await opened(priya, with_field(young, "screening", {**anna["screening"], "SCR-24": of_age}))
    [consent] = plans.states[plan_id].approvals
    sheet = (await priya.get(f"/approvals/{consent.id}")).text
    assert "Texts to the client, who is under 16" in sheet
    assert 'name="texts_agreed" value="yes" >' in sheet, "nothing is ticked beforehand"
    assert "texts_agreed" not in (await priya.get(f"/approvals/{waiting.id}")).text
    form = {"key": "once", **LETTER} | ({"texts_agreed": ticked} if ticked else {})
    assert (await priya.post(f"/approvals/{consent.id}", data=form)).status_code == 303
    assert plans.states[plan_id].takes_texts is goes
