"""The consent record of a client under 16 says over HTTP whether texts are as agreed (SCR-24); left out, no."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from httpx2 import AsyncClient

from tests.api.conftest import NOW
from tests.api.forms import example, with_field
from tests.api.pathway import opened, read, refused, waiting
from tests.api.recorded_plans import RecordedPlans

RECORD = {
    "decision": "approve",
    "reason": "Her mother agrees and was told what texts say.",
    "document_from": "Priya Nair, Riverside",
    "document_dated": NOW.date().isoformat(),
    "document_kept": "client's file, cabinet 2",
    "document_valid_until": (NOW + timedelta(days=90)).date().isoformat(),
}


@pytest.fixture
def child(anna: dict[str, Any]) -> dict[str, Any]:
    """Like Anna, at 14, with her mother beside her."""
    young = with_field(anna, "client.date_of_birth", "2012-04-17")
    answered = {"value": "2012-04-17", "parental": "yes"}
    return with_field(young, "screening", {**anna["screening"], "SCR-24": answered})


async def _consent(therapist: AsyncClient, form: dict[str, Any]) -> tuple[str, str]:
    """The plan, and where its consent record is decided on."""
    plan_id = await opened(therapist, form)
    return plan_id, f"/api/v1/approvals/{await waiting(therapist, plan_id, 'clearance')}/decision"


@pytest.mark.parametrize(("said", "goes"), [(None, False), (False, False), (True, True)])
async def test_texts_go_only_where_the_record_says_that_they_are_agreed(
    *, said: bool | None, goes: bool, therapist: AsyncClient, child: dict[str, Any], plans: RecordedPlans
) -> None:
    plan_id, address = await _consent(therapist, child)
    assert not plans.states[plan_id].takes_texts
    answered = await therapist.post(address, json=RECORD | {"texts_agreed": said})
    assert answered.status_code == 200, answered.text
    assert plans.states[plan_id].takes_texts is goes
    told = (await read(therapist, plan_id, "/events"))["events"]
    [event] = [one for one in told if one["kind"].startswith("texts.")]
    assert event["rule"] == "SCR-24-a"
    assert event["what"].startswith("The client is under 16, and texts are")


async def test_no_other_clearance_takes_an_agreement_about_texts(
    therapist: AsyncClient, plans: RecordedPlans
) -> None:
    _, address = await _consent(therapist, example("dorothy-osteoporosis"))
    problem = refused(await therapist.post(address, json=RECORD | {"texts_agreed": True}), "texts_not_here")
    assert "leave it out" in problem["detail"]
