"""Chores: what a crash or an outage left half done is finished, and one bad case holds nobody up (F08)."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from prometheus_client import generate_latest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from care.pack import builtin, builtin_text, parse
from database import inbound, plans, receipts
from database.inbound import ArrivedText
from schemas.commands import RulesChanged, TextFailed
from schemas.names import new_id
from schemas.refusals import EngineUnavailable
from schemas.screening import Disposition
from tests.worker.answering import OpenPlan, PlansThatAnswer
from worker.chores import route_texts, start_plans, tell_failures
from worker.clinic_clock import ClinicClock
from worker.housekeeping import Chore, keep_house
from worker.judging_again import judge_again
from worker.metrics import Metrics

NOW = datetime(2026, 11, 9, 10, 0, tzinfo=UTC)


async def test_a_recorded_plan_is_started_once(engine: AsyncEngine, open_plan: OpenPlan) -> None:
    mine, running = await open_plan(), PlansThatAnswer()
    await start_plans(engine, running, ClinicClock(None))
    await start_plans(engine, running, ClinicClock(None))
    assert running.started == [mine.plan_id]
    assert await plans.unstarted(engine) == ()


async def test_f08_a_plan_that_does_not_start_holds_up_no_other(
    engine: AsyncEngine, open_plan: OpenPlan
) -> None:
    bad, good = await open_plan(), await open_plan()
    running = PlansThatAnswer(unwell=bad.plan_id)
    await start_plans(engine, running, ClinicClock(None))
    assert running.started == [good.plan_id]
    assert [state.plan_id for state in await plans.unstarted(engine)] == [bad.plan_id]


async def test_f08_a_plan_that_does_not_answer_keeps_only_its_own_texts_waiting(
    engine: AsyncEngine, open_plan: OpenPlan
) -> None:
    bad = await open_plan(mobile="+447700900031")
    await open_plan(mobile="+447700900032")
    for number in ("+447700900031", "+447700900032"):
        await inbound.store(engine, ArrivedText(new_id(), number, "+447700900000", "6", 0, {}, NOW))
    running = PlansThatAnswer(unwell=bad.plan_id)
    await route_texts(engine, running)
    assert len(running.heard) == 1
    assert [waiting.from_number for waiting in await inbound.unrouted(engine)] == ["+447700900031"]


async def test_a_failed_text_is_told_to_its_plan_once_the_engine_is_back(
    engine: AsyncEngine, open_plan: OpenPlan
) -> None:
    mine = await open_plan()
    async with engine.begin() as connection:
        await connection.execute(
            text(
                "INSERT INTO messages (key, plan_id, audience, recipient_id, purpose, template, rule, order_json,"
                " status, error_code, ordered_at, expires_at, queued_at, settled_at, prompt) VALUES ('k', :plan,"
                " 'client', :client, 'reminder', 't', 'r', '{}', 'undelivered', '30005', :at, :at, :at, :at, true)"
            ),
            {"plan": mine.plan_id, "client": mine.client_id, "at": NOW},
        )
    away = PlansThatAnswer(refusal=EngineUnavailable(mine.plan_id, "away"))
    await tell_failures(engine, away)
    assert len(await receipts.untold_failures(engine)) == 1
    running = PlansThatAnswer()
    await tell_failures(engine, running)
    await tell_failures(engine, running)
    [(plan_id, envelope)] = running.heard.values()
    assert plan_id == mine.plan_id
    assert isinstance(envelope.command, TextFailed) and envelope.command.error_class == "bad_number"
    assert await receipts.untold_failures(engine) == ()


async def test_a_chore_that_fails_is_counted_and_done_again() -> None:
    stop, rounds, metrics = asyncio.Event(), 0, Metrics()

    async def stumble_once() -> None:
        nonlocal rounds
        rounds += 1
        if rounds == 1:
            raise OSError("the database went away")
        stop.set()

    await keep_house([Chore("stumble", timedelta(0), stumble_once)], metrics, stop)
    page = generate_latest(metrics.registry).decode()
    assert 'limber_housekeeping_total{chore="stumble",outcome="failed"} 1.0' in page
    assert 'limber_housekeeping_total{chore="stumble",outcome="done"} 1.0' in page


async def test_chores_end_at_once_when_the_worker_stops() -> None:
    stop = asyncio.Event()

    async def nothing() -> None:
        stop.set()

    async with asyncio.timeout(2):
        await keep_house([Chore("rare", timedelta(hours=1), nothing)], Metrics(), stop)


async def test_plans_under_older_rules_are_judged_once_by_a_new_major_version(
    engine: AsyncEngine, open_plan: OpenPlan
) -> None:
    mine, running = await open_plan(), PlansThatAnswer()
    await judge_again(engine, running, builtin())
    assert running.all_heard == [], "the plan's own rules judge it no second time"
    newer = parse(builtin_text().replace("version: 0.1.0-draft", "version: 1.0.0", 1), "newer.yaml")
    await judge_again(engine, running, newer)
    [(plan_id, envelope)] = running.all_heard
    assert plan_id == mine.plan_id
    assert isinstance(envelope.command, RulesChanged)
    assert envelope.command.overall is Disposition.needs_clearance, "a form without answers clears nobody"
