"""A text that came in reaches its plan once, or a person; never the wrong plan and never nobody."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from types import ModuleType

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database import inbound
from database.inbound import ArrivedText
from database.tables.texts import InboundStatus
from schemas.commands import ReceiveText
from schemas.names import new_id
from schemas.plan import PlanState, Stage
from schemas.refusals import CommandRefused, EngineUnavailable, PlanAskFailed, PlanClosed
from tests.worker.answering import OpenPlan, PlansThatAnswer
from worker.routing import route_inbound

ADA = "+447700900021"
NOW = datetime(2026, 11, 9, 10, 0, tzinfo=UTC)


async def _arrived(engine: AsyncEngine, words: str = "6", number: str = ADA) -> str:
    stored = await inbound.store(engine, ArrivedText(new_id(), number, "+447700900000", words, 0, {}, NOW))
    return stored.id


async def _status(engine: AsyncEngine, inbound_id: str) -> InboundStatus:
    return (await inbound.text_of(engine, inbound_id)).status


async def test_a_reply_reaches_the_only_plan_of_its_sender(engine: AsyncEngine, open_plan: OpenPlan) -> None:
    mine, plans = await open_plan(), PlansThatAnswer()
    inbound_id = await _arrived(engine)
    await route_inbound(engine, plans, inbound_id)
    plan_id, envelope = plans.heard[inbound_id]
    assert plan_id == mine.plan_id
    assert envelope.command == ReceiveText(inbound_id=inbound_id)
    assert await _status(engine, inbound_id) is InboundStatus.routed


async def test_of_two_plans_of_one_client_the_one_that_texted_last_gets_the_reply(
    engine: AsyncEngine, open_plan: OpenPlan
) -> None:
    older = await open_plan()
    newer = await open_plan(same_client_as=older)
    await _texted(engine, older, NOW)
    await _texted(engine, newer, NOW - timedelta(hours=1))
    plans, inbound_id = PlansThatAnswer(), await _arrived(engine)
    await route_inbound(engine, plans, inbound_id)
    assert plans.heard[inbound_id][0] == older.plan_id


async def _texted(engine: AsyncEngine, state: PlanState, at: datetime) -> None:
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO messages (key, plan_id, audience, recipient_id, purpose, template, rule, order_json,"
                " status, ordered_at, expires_at, queued_at, claimed_at, prompt) VALUES (:key, :plan, 'client',"
                " :client, 'question', 't', 'r', '{}', 'sent', :at, :at, :at, :at, true)"
            ),
            {"key": state.plan_id, "plan": state.plan_id, "client": state.client_id, "at": at},
        )


async def test_f32_a_family_that_shares_a_number_is_sorted_out_by_a_person(
    engine: AsyncEngine, open_plan: OpenPlan
) -> None:
    await open_plan()
    await open_plan()
    plans, inbound_id = PlansThatAnswer(), await _arrived(engine)
    await route_inbound(engine, plans, inbound_id)
    assert plans.heard == {} and await _status(engine, inbound_id) is InboundStatus.unmatched


async def test_f32_an_emergency_from_a_shared_number_warns_every_plan_and_answers_nothing(
    engine: AsyncEngine, open_plan: OpenPlan
) -> None:
    mother, child = await open_plan(), await open_plan()
    plans, inbound_id = PlansThatAnswer(), await _arrived(engine, "10, and I have chest pain")
    await route_inbound(engine, plans, inbound_id)
    assert {plan_id for plan_id, _ in plans.all_heard} == {mother.plan_id, child.plan_id}
    warning = ReceiveText(inbound_id=inbound_id, sender_unsure=True)
    assert all(envelope.command == warning for _, envelope in plans.all_heard)
    assert await _status(engine, inbound_id) is InboundStatus.unmatched


async def test_f32_stop_from_a_shared_number_stops_texts_to_all_who_share_it(
    engine: AsyncEngine, open_plan: OpenPlan
) -> None:
    await open_plan()
    await open_plan()
    await route_inbound(engine, PlansThatAnswer(), await _arrived(engine, "STOP"))
    async with engine.connect() as connection:
        allowed = await connection.scalars(text("SELECT texts_allowed FROM clients"))
        assert allowed.all() == [False, False]
        assert await connection.scalar(text("SELECT count(*) FROM consents WHERE NOT granted")) == 2


async def test_f32_a_word_that_is_no_stop_word_here_stops_nobody_who_shares_the_number(
    engine: AsyncEngine, open_plan: OpenPlan
) -> None:
    await open_plan()
    await open_plan()
    inbound_id = await _arrived(engine, "CANCEL")
    await route_inbound(engine, PlansThatAnswer(), inbound_id, not_stopping=frozenset({"cancel"}))
    assert await _status(engine, inbound_id) is InboundStatus.unmatched
    async with engine.connect() as connection:
        assert (await connection.scalars(text("SELECT texts_allowed FROM clients"))).all() == [True, True]


async def test_a_stop_after_the_plan_has_ended_still_holds(engine: AsyncEngine, open_plan: OpenPlan) -> None:
    await open_plan()
    await route_inbound(engine, PlansThatAnswer(refusal=PlanClosed("p")), await _arrived(engine, "STOP"))
    async with engine.connect() as connection:
        assert await connection.scalar(text("SELECT texts_allowed FROM clients")) is False


async def test_a_stranger_is_sorted_out_by_a_person(engine: AsyncEngine, clinic: ModuleType) -> None:
    plans, inbound_id = PlansThatAnswer(), await _arrived(engine, number="+447700900999")
    await route_inbound(engine, plans, inbound_id)
    assert plans.heard == {} and await _status(engine, inbound_id) is InboundStatus.unmatched


async def test_a_client_whose_plans_have_ended_reaches_a_person(
    engine: AsyncEngine, open_plan: OpenPlan
) -> None:
    mine = await open_plan()
    async with engine.begin() as connection:
        await connection.execute(
            text("UPDATE plans SET stage = :stage WHERE id = :id"),
            {"stage": Stage.discharged, "id": mine.plan_id},
        )
    plans, inbound_id = PlansThatAnswer(), await _arrived(engine)
    await route_inbound(engine, plans, inbound_id)
    assert plans.heard == {} and await _status(engine, inbound_id) is InboundStatus.unmatched


async def test_f29_a_text_routed_by_webhook_and_sweep_at_once_has_one_effect(
    engine: AsyncEngine, open_plan: OpenPlan
) -> None:
    await open_plan()
    plans, inbound_id = PlansThatAnswer(), await _arrived(engine)
    await asyncio.gather(*(route_inbound(engine, plans, inbound_id) for _ in range(10)))
    assert list(plans.heard) == [inbound_id]
    assert await _status(engine, inbound_id) is InboundStatus.routed


@pytest.mark.parametrize("ending", [PlanClosed("p"), CommandRefused("plan_fault", "no")])
async def test_a_text_that_its_plan_will_not_take_reaches_a_person(
    engine: AsyncEngine, open_plan: OpenPlan, ending: PlanAskFailed
) -> None:
    await open_plan()
    inbound_id = await _arrived(engine)
    await route_inbound(engine, PlansThatAnswer(refusal=ending), inbound_id)
    assert await _status(engine, inbound_id) is InboundStatus.unmatched


async def test_while_the_engine_is_away_the_text_waits_and_is_routed_later(
    engine: AsyncEngine, open_plan: OpenPlan
) -> None:
    await open_plan()
    inbound_id = await _arrived(engine)
    with pytest.raises(EngineUnavailable):
        await route_inbound(engine, PlansThatAnswer(refusal=EngineUnavailable("p", "away")), inbound_id)
    assert [one.id for one in await inbound.unrouted(engine)] == [inbound_id]
    await route_inbound(engine, PlansThatAnswer(), inbound_id)
    assert await _status(engine, inbound_id) is InboundStatus.routed
