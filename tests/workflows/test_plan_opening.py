"""How a plan opens: what the form said decides who must act first, and what the client is told."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from schemas.alerts import AlertReason
from schemas.commands import Decision, Withdraw
from schemas.events import EventKind
from schemas.messages import Audience
from schemas.plan import SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.refusals import CommandRefused, PlanClosed
from schemas.screening import Urgency
from tests.workflows.care_walk import Walks, screened

SADDLE_NUMB = {"SCR-02": {"value": "new_or_worse"}}
FRAIL_BONES = {"SCR-12": {"value": ["told_high_risk", "spine_fracture"]}}
FEVER = {"SCR-11": {"value": ["fever_or_infection"]}}


async def test_a_clear_form_waits_for_the_therapist_and_the_client_hears_that_it_is_here(
    walks: Walks,
) -> None:
    walk = await walks.begin()
    state = await walk.state()
    assert state.stage is Stage.awaiting_approval
    assert [a.kind for a in state.approvals] == [ApprovalKind.start]
    assert not state.sessions, "nothing is booked before a person has decided"
    assert await walk.told() == ["intake_received"]


async def test_an_approved_plan_books_its_visits_and_tells_the_client_once(walks: Walks) -> None:
    walk = await walks.begin()
    await walk.decide()
    state = await walk.state()
    assert state.stage is Stage.active
    first, second = state.sessions
    assert first.starts_at == state.protocol.first_session_at
    assert second.starts_at - first.starts_at == timedelta(days=7)
    assert {first.status, second.status} == {SessionStatus.booked}
    assert await walk.told() == ["intake_received", "visits_booked"]
    assert len(await walk.phone()) == 2


async def test_f27_a_declined_start_tells_the_client_and_ends_the_plan(walks: Walks) -> None:
    walk = await walks.begin()
    await walk.decide(Decision.reject, reason_id=await walk.note("Better seen by a rheumatologist first."))
    assert (await walk.state()).stage is Stage.declined
    assert await walk.told() == ["intake_received", "plan_declined"]
    with pytest.raises(PlanClosed):
        await walk.do(Withdraw())


@pytest.mark.parametrize(
    ("answers", "stage"), [(FRAIL_BONES, Stage.awaiting_clearance), (FEVER, Stage.deferred)]
)
async def test_a_plan_that_may_not_start_yet_cannot_be_started_by_anybody(
    walks: Walks, answers: dict[str, Any], stage: Stage
) -> None:
    walk = await walks.begin(answers)
    state = await walk.state()
    assert state.stage is stage
    assert all(a.kind is not ApprovalKind.start for a in state.approvals)
    assert not state.sessions
    assert "visits_booked" not in await walk.told()


async def test_a_letter_clears_the_plan_for_the_therapists_decision(walks: Walks) -> None:
    walk = await walks.begin(FRAIL_BONES)
    assert await walk.told() == ["waiting_for_letter"]
    with pytest.raises(CommandRefused) as refused:
        await walk.decide()
    assert refused.value.code == "document_not_valid"
    today = (await walk.clinic.now(walk.plan)).date()
    await walk.decide(document_valid_until=today + timedelta(days=90))
    state = await walk.state()
    assert state.stage is Stage.awaiting_approval
    assert [a.kind for a in state.approvals] == [ApprovalKind.start]


async def test_f26_a_decision_nobody_takes_is_reminded_of_and_passes_to_the_next_person(walks: Walks) -> None:
    walk = await walks.begin()
    state = await walk.state()
    [approval] = state.approvals
    await walk.to(approval.due_at + timedelta(minutes=1))
    [passed_on] = (await walk.state()).approvals
    assert (passed_on.chain_position, passed_on.reminded) == (1, True)
    assert passed_on.due_at > approval.due_at
    [reminded], [escalated] = (
        await walk.happened(EventKind.approval_reminded),
        await walk.happened(EventKind.approval_escalated),
    )
    assert reminded.facts["owner"] == state.protocol.chain[0].staff_id
    assert escalated.facts["owner"] == state.protocol.chain[1].staff_id


async def test_a_fever_is_asked_about_again_when_its_week_is_over(walks: Walks) -> None:
    walk = await walks.begin(FEVER)
    opened = await walk.clinic.now(walk.plan)
    assert not (await walk.state()).approvals
    await walk.to(opened + timedelta(days=8))
    state = await walk.state()
    assert [a.kind for a in state.approvals] == [ApprovalKind.rescreen]
    assert state.stage is Stage.deferred, "a date alone lifts nothing"
    await walk.do(screened(opened + timedelta(days=8), items=("SCR-11",)))
    state = await walk.state()
    assert state.approvals and all(a.kind is not ApprovalKind.rescreen for a in state.approvals)
    assert not state.sessions, "the therapist still decides (ALG-7)"


async def test_an_urgent_form_sends_its_one_text_at_once_and_pages_a_person(walks: Walks) -> None:
    walk = await walks.begin(SADDLE_NUMB)
    state = await walk.state()
    assert state.stage is Stage.deferred
    alert = await walk.alert(AlertReason.urgent_referral)
    assert alert.urgency is Urgency.E0
    assert await walk.told() == ["MSG-CES"]
    assert await walk.told(Audience.staff) == ["staff_page"]
    [text] = await walk.phone()
    assert "999" in text
