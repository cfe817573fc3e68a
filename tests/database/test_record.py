"""A step of a plan is written whole, once, or not at all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from database.demo_clinic import DUTY, LEAD, MANAGER, ROOM_IDS, THERAPIST
from database.errors import NotFoundError, SequenceGapError
from database.record import record
from schemas.alerts import Alert, AlertReason
from schemas.events import EventKind, PlanEvent
from schemas.messages import TextOrder, TextPurpose
from schemas.plan import AgendaItem, AgendaKind, Approval, PlanState, Score, SessionStatus, Stage
from schemas.protocol import ApprovalKind
from schemas.screening import Urgency
from schemas.taper import Step
from schemas.transition import ClosedAlert, ClosedApproval, RecordReply
from tests.database.plan_building import NOW, TUESDAY_TEN, a_session, a_state, a_step, a_text, booking
from tests.database.reading_rows import everything, fetch

OpenPlan = Callable[..., Awaitable[PlanState]]
WEEK = timedelta(days=7)


def an_alert(plan_id: str, **changes: Any) -> Alert:
    return Alert(
        id=f"{plan_id}-1",
        urgency=Urgency.E1,
        reason=AlertReason.safety_words,
        rule="KW-1",
        opened_at=NOW,
        acknowledge_by=NOW + timedelta(minutes=15),
        contact_by=NOW + timedelta(hours=1),
    ).but(**changes)


def an_approval(plan_id: str, **changes: Any) -> Approval:
    return Approval(
        id=f"{plan_id}-2",
        kind=ApprovalKind.start,
        opened_at=NOW,
        remind_at=NOW + timedelta(hours=4),
        due_at=NOW + timedelta(hours=8),
    ).but(**changes)


async def test_a_step_reaches_every_table_it_touches(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    plan = await open_a_plan()
    session = a_session()
    state = plan.but(
        stage=Stage.active,
        sessions=(session,),
        alerts=(an_alert(plan.plan_id),),
        approvals=(an_approval(plan.plan_id),),
    )
    order = a_text(plan, "s1:reminder:72", session_no=1)
    step = booking(state, session).but(texts=(order,))
    due = AgendaItem(
        key="s1:reminder:72", kind=AgendaKind.session_reminder, due=NOW + WEEK, rule="SCH-1", owner="system"
    )

    assert await record(engine, step, due) == RecordReply()

    (row,) = await fetch(engine, "SELECT * FROM plans")
    assert (row.seq, row.stage, row.next_key, row.next_at, row.next_owner) == (
        1,
        "active",
        "s1:reminder:72",
        NOW + WEEK,
        "system",
    )
    assert PlanState.read(row.state) == step.state
    (slot,) = await fetch(engine, "SELECT * FROM sessions")
    assert (slot.status, slot.therapist_id, slot.room_id) == ("booked", THERAPIST.id, ROOM_IDS[2])
    assert (slot.during.lower, slot.during.upper) == (TUESDAY_TEN, TUESDAY_TEN + timedelta(minutes=45))
    (alert,) = await fetch(engine, "SELECT * FROM alerts")
    assert (alert.owner_id, alert.urgency, alert.closed_at) == (THERAPIST.id, "E1", None)
    (approval,) = await fetch(engine, "SELECT * FROM approvals")
    assert (approval.owner_id, approval.status) == (THERAPIST.id, "open")
    (message,) = await fetch(engine, "SELECT * FROM messages")
    assert (message.key, message.status) == (order.key, "pending")
    assert [one.kind for one in await fetch(engine, "SELECT kind FROM events ORDER BY position")] == [
        "intake.received",
        "plan.stage_changed",
    ]


async def test_the_same_step_again_returns_what_is_stored_and_changes_nothing(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    first = booking(plan, a_session()).but(texts=(a_text(plan, "one"),), cause="command A")
    await record(engine, first, None)
    before = await everything(engine)

    other = a_step(plan, cause="command B")
    reply = await record(engine, other, None)

    assert reply == RecordReply(state=first.state, cause="command A", texts=first.texts)
    assert await everything(engine) == before


async def test_the_same_step_twice_at_once_is_recorded_once(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    step = a_step(plan)
    replies = await asyncio.gather(*(record(engine, step, None) for _ in range(8)))
    assert sorted(reply.cause is None for reply in replies) == [False] * 7 + [True]
    assert len(await fetch(engine, "SELECT 1 FROM events WHERE plan_seq = 1")) == 1


async def test_a_missing_step_is_an_error_and_not_a_hole_in_the_story(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    with pytest.raises(SequenceGapError, match="transition 2 does not follow 0"):
        await record(engine, a_step(plan.but(seq=1)), None)


async def test_a_step_of_an_unknown_plan_is_refused(engine: AsyncEngine, clinic: object) -> None:
    with pytest.raises(NotFoundError, match="plan nobody does not exist"):
        await record(engine, a_step(a_state("nobody", "no client")), None)


async def test_what_a_session_measured_stays_when_the_state_forgets_it(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    first = booking(plan, a_session())
    await record(engine, first, None)
    score = Score(session_no=1, at=TUESDAY_TEN, step=Step.S1, pain=3, primary=5.5)
    attended = first.state.but(
        sessions=(a_session(status=SessionStatus.attended),),
        progress=first.state.progress.but(scores=(score,)),
    )
    told = PlanEvent(
        kind=EventKind.outcome_recorded,
        at=TUESDAY_TEN,
        actor=THERAPIST.id,
        facts={"session": 1, "techniques": ("passive_assisted", "static")},
    )
    second = a_step(attended, events=(told,))
    await record(engine, second, None)
    await record(engine, a_step(second.state.but(progress=plan.progress)), None)
    (row,) = await fetch(engine, "SELECT * FROM sessions")
    assert (row.pain, row.stiffness, row.primary_value) == (3, None, 5.5)
    assert (row.techniques, row.recorded_by, row.recorded_at) == (
        ["passive_assisted", "static"],
        THERAPIST.id,
        TUESDAY_TEN,
    )


@pytest.mark.parametrize(
    ("position", "owner"), [(0, THERAPIST.id), (1, DUTY.id), (2, LEAD.id), (3, MANAGER.id), (9, MANAGER.id)]
)
async def test_an_escalated_alert_belongs_to_the_next_in_the_chain_and_never_to_nobody(
    engine: AsyncEngine, open_a_plan: OpenPlan, position: int, owner: str
) -> None:
    plan = await open_a_plan()
    alert = an_alert(plan.plan_id, chain_position=position, escalations=position)
    await record(engine, a_step(plan.but(alerts=(alert,))), None)
    (row,) = await fetch(engine, "SELECT owner_id, escalations FROM alerts")
    assert tuple(row) == (owner, position)


async def test_what_is_dealt_with_says_how_and_by_whom(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    plan = await open_a_plan()
    first = a_step(plan.but(alerts=(an_alert(plan.plan_id),), approvals=(an_approval(plan.plan_id),)))
    await record(engine, first, None)
    second = a_step(
        first.state.but(alerts=(), approvals=()),
        closed_alerts=(
            ClosedAlert(alert_id=f"{plan.plan_id}-1", outcome="rang, all well", closed_by=DUTY.id),
        ),
        closed_approvals=(
            ClosedApproval(approval_id=f"{plan.plan_id}-2", decision="reject", decided_by=THERAPIST.id),
        ),
    )
    await record(engine, second, None)
    (alert,) = await fetch(engine, "SELECT * FROM alerts")
    assert (alert.closed_by, alert.closed_at, alert.outcome) == (DUTY.id, NOW, "rang, all well")
    (approval,) = await fetch(engine, "SELECT * FROM approvals")
    assert (approval.status, approval.decided_by, approval.decided_at) == ("reject", THERAPIST.id, NOW)


async def test_taking_a_sessions_texts_back_leaves_the_others_and_the_steps_own_f04(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    orders = (
        a_text(plan, "s1", session_no=1),
        a_text(plan, "s2", session_no=2),
        a_text(plan, "safety", purpose=TextPurpose.safety),
    )
    first = a_step(plan, texts=orders)
    await record(engine, first, None)
    cancelled = a_text(plan, "s1:cancelled", purpose=TextPurpose.notice, session_no=1)
    await record(engine, a_step(first.state, texts=(cancelled,), withdraw_texts=1), None)
    assert await statuses(engine) == {
        "s1": "suppressed",
        "s2": "pending",
        "safety": "pending",
        "s1:cancelled": "pending",
    }
    (event,) = await fetch(engine, "SELECT facts FROM events WHERE kind = 'text.withdrawn'")
    assert event.facts == {"key": f"{plan.plan_id}:s1"}


async def test_taking_all_texts_back_spares_safety_and_staff_f14(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    orders: tuple[TextOrder, ...] = tuple(a_text(plan, purpose, purpose=purpose) for purpose in TextPurpose)
    first = a_step(plan, texts=orders)
    await record(engine, first, None)
    await record(engine, a_step(first.state, withdraw_texts=0), None)
    after = await statuses(engine)
    assert {key for key, status in after.items() if status == "suppressed"} == {
        "reminder",
        "question",
        "notice",
    }


async def statuses(engine: AsyncEngine) -> dict[str, str]:
    return {
        row.key.split(":", 1)[1]: row.status
        for row in await fetch(engine, "SELECT key, status FROM messages")
    }


async def test_opting_out_by_text_stops_everyone_who_shares_the_number_f32(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    mother, child = await open_a_plan("+447700900010"), await open_a_plan("+447700900010")
    stranger = await open_a_plan("+447700900011")
    first = a_step(mother, texts_allowed=False)
    await record(engine, first, None)
    assert await texts_allowed(engine) == {
        mother.client_id: False,
        child.client_id: False,
        stranger.client_id: True,
    }
    consents = await fetch(engine, "SELECT granted, how, recorded_by FROM consents")
    assert [tuple(row) for row in consents] == [(False, "text", "client")] * 2

    await record(engine, a_step(first.state, texts_allowed=True), None)
    assert set((await texts_allowed(engine)).values()) == {True}


async def texts_allowed(engine: AsyncEngine) -> dict[str, bool]:
    return {row.id: row.texts_allowed for row in await fetch(engine, "SELECT id, texts_allowed FROM clients")}
