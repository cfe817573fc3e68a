"""A text that came in is on record before anything else, and has one effect however often it is delivered."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from database import inbound, outbox
from database.errors import NotFoundError
from database.inbound import ArrivedText
from database.outbox import Words
from database.record import record
from database.tables.texts import InboundStatus
from schemas.plan import PlanState, Stage
from schemas.replies import Reading
from tests.database.plan_building import NOW, a_step, a_text

OpenPlan = Callable[..., Awaitable[PlanState]]
NUMBER = "+447700900001"


def an_arrival(sid: str = "SM1", body: str = "7", after: timedelta = timedelta()) -> ArrivedText:
    return ArrivedText(sid, NUMBER, "+447700900999", body, 0, {"MessageSid": sid, "Odd": "kept"}, NOW + after)


async def test_the_same_text_delivered_again_is_one_text_f29(engine: AsyncEngine) -> None:
    first = await inbound.store(engine, an_arrival())
    again = await inbound.store(engine, an_arrival(after=timedelta(hours=3)))
    assert (first.repeated, again.repeated, again.id) == (False, True, first.id)
    assert len(await inbound.unrouted(engine)) == 1


@pytest.mark.parametrize("seconds", [0, 1, 59])
async def test_the_same_words_under_a_new_id_within_a_minute_have_one_effect_f29(
    engine: AsyncEngine, seconds: int
) -> None:
    start = timedelta(seconds=30)
    first = await inbound.store(engine, an_arrival("SM1", after=start))
    again = await inbound.store(engine, an_arrival("SM2", after=start + timedelta(seconds=seconds)))
    assert (again.repeated, again.id) == (True, first.id)
    third = await inbound.store(engine, an_arrival("SM2", after=timedelta(days=1)))
    assert (third.repeated, third.id) == (True, first.id)
    assert [one.id for one in await inbound.unrouted(engine)] == [first.id]


async def test_twenty_deliveries_at_once_have_one_effect_f29(engine: AsyncEngine) -> None:
    stored = await asyncio.gather(*(inbound.store(engine, an_arrival(f"SM{n % 4}")) for n in range(20)))
    assert len({one.id for one in stored}) == 1
    assert sum(not one.repeated for one in stored) == 1


@pytest.mark.parametrize(
    "later",
    [an_arrival("SM2", after=timedelta(minutes=2)), an_arrival("SM2", body="8")],
    ids=["later", "other words"],
)
async def test_the_same_answer_later_or_another_answer_is_a_new_text_f12(
    engine: AsyncEngine, later: ArrivedText
) -> None:
    await inbound.store(engine, an_arrival())
    assert not (await inbound.store(engine, later)).repeated
    assert len(await inbound.unrouted(engine)) == 2


@pytest.mark.parametrize(("asks", "effects"), [(True, 2), (False, 1)])
async def test_the_same_words_answer_a_question_asked_in_between_but_not_our_own_answer_f12(
    engine: AsyncEngine, open_a_plan: OpenPlan, asks: bool, effects: int
) -> None:
    plan = await open_a_plan(mobile=NUMBER)
    now = datetime.now(UTC)
    await inbound.store(engine, replace(an_arrival("SM1"), received_at=now))
    order = a_text(plan, "asked", prompt=asks)
    await outbox.put(engine, order, now)
    assert await outbox.claim(engine, order, Words(NUMBER, "How are you?", 1), now, None)
    later = now + timedelta(seconds=5)
    await inbound.store(engine, replace(an_arrival("SM2"), received_at=later))
    assert len(await inbound.unrouted(engine)) == effects


async def test_a_family_that_shares_a_telephone_gives_several_candidates_f32(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    mother, child = await open_a_plan(NUMBER), await open_a_plan(NUMBER)
    closed = await open_a_plan(NUMBER)
    await record(engine, a_step(closed.but(stage=Stage.withdrawn, closed_at=NOW)), None)
    order = a_text(mother, "one")
    await outbox.put(engine, order, NOW)
    await outbox.claim(engine, order, Words(NUMBER, "words", 1), NOW, None)

    candidates = await inbound.route_candidates(engine, NUMBER)

    assert [one.plan_id for one in candidates] == [mother.plan_id, child.plan_id]
    assert candidates[0].last_text_at is not None
    assert candidates[1].last_text_at is None
    assert await inbound.route_candidates(engine, "+447700900002") == ()


async def test_a_routed_text_is_read_once_its_plan_has_recorded_it(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    stored = await inbound.store(engine, an_arrival())
    await inbound.note_reading(engine, stored.id, Reading(value=7), answers_key="s1:pain")
    await record(engine, a_step(plan, answers_inbound=stored.id), None)
    await inbound.routed(engine, stored.id, plan.plan_id, NOW)

    text = await inbound.text_of(engine, stored.id)
    assert (text.status, text.plan_id, text.body) == (InboundStatus.read, plan.plan_id, "7")
    assert text.reading == Reading(value=7)
    assert [one.id for one in await inbound.texts_from_plan(engine, plan.plan_id)] == [stored.id]
    assert await inbound.unrouted(engine) == ()


async def test_a_text_from_nobody_known_waits_for_a_person(engine: AsyncEngine) -> None:
    stored = await inbound.store(engine, an_arrival())
    await inbound.unmatched(engine, stored.id)
    assert await inbound.unrouted(engine) == ()
    assert (await inbound.text_of(engine, stored.id)).status is InboundStatus.unmatched
    await inbound.read_by_person(engine, stored.id)
    assert (await inbound.text_of(engine, stored.id)).status is InboundStatus.read


async def test_a_text_that_does_not_exist_is_named(engine: AsyncEngine) -> None:
    with pytest.raises(NotFoundError, match="inbound text nothing does not exist"):
        await inbound.text_of(engine, "nothing")
