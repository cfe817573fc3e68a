"""A slot belongs to one session; a step that cannot have all its slots has none."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine

from database.demo_clinic import ROOM_IDS, THERAPIST
from database.record import record
from schemas.plan import (
    PlanState,
    SessionStatus,
)
from schemas.transition import RecordReply
from tests.database.plan_building import TUESDAY_TEN, a_session, a_step, a_text, booking
from tests.database.reading_rows import everything, fetch

OpenPlan = Callable[..., Awaitable[PlanState]]
WEEK = timedelta(days=7)


async def test_a_step_with_one_taken_slot_leaves_nothing_behind_f22(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    taken = await open_a_plan()
    await record(engine, booking(taken, a_session()), None)
    plan = await open_a_plan()
    before = await everything(engine)

    series = [a_session(no, TUESDAY_TEN + (no - 2) * WEEK) for no in (1, 2, 3)]
    step = booking(plan, *series).but(texts=(a_text(plan, "one"),))
    reply = await record(engine, step, None)

    assert [(one.session_no, one.reason) for one in reply.conflicts] == [(2, "therapist_busy")]
    assert await everything(engine) == before


async def test_every_slot_of_a_series_is_checked_and_every_conflict_listed_f21(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    taken = await open_a_plan()
    series = [a_session(no, TUESDAY_TEN + no * WEEK) for no in range(1, 6)]
    await record(engine, booking(taken, series[2], series[4]), None)
    plan = await open_a_plan()

    reply = await record(engine, booking(plan, *series), None)

    assert [one.session_no for one in reply.conflicts] == [3, 5]
    for conflict in reply.conflicts:
        assert len(conflict.alternatives) == 3
        nearest = min(abs(other - conflict.starts_at) for other in conflict.alternatives)
        assert nearest == timedelta(minutes=45)


async def test_an_alternative_that_is_offered_can_be_booked(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    await record(engine, booking(await open_a_plan(), a_session()), None)
    plan = await open_a_plan()
    (conflict,) = (await record(engine, booking(plan, a_session()), None)).conflicts
    for other in conflict.alternatives:
        assert await record(engine, booking(plan, a_session(starts_at=other)), None) == RecordReply()
        plan = await open_a_plan()
        break


async def test_fifty_claims_on_one_slot_have_one_winner_f25(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plans = [await open_a_plan() for _ in range(50)]
    replies = await asyncio.gather(*(record(engine, booking(plan, a_session()), None) for plan in plans))
    assert sum(reply == RecordReply() for reply in replies) == 1
    refused = [reply.conflicts[0].reason for reply in replies if reply.conflicts]
    assert refused == ["therapist_busy"] * 49
    assert len(await fetch(engine, "SELECT 1 FROM sessions")) == 1


async def test_a_session_that_someone_writes_past_the_service_still_cannot_overlap_f25(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan, other = await open_a_plan(), await open_a_plan()
    await record(engine, booking(plan, a_session()), None)
    intruder = text(
        "INSERT INTO sessions SELECT :other, no, status, revision, confirmed, step, therapist_id, room_id, during,"
        " minutes FROM sessions"
    )
    with pytest.raises(Exception, match="ex_sessions_therapist"):
        async with engine.begin() as connection:
            await connection.execute(intruder, {"other": other.plan_id})


async def test_a_claim_that_loses_a_race_against_a_writer_outside_is_told_so(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan, other = await open_a_plan(), await open_a_plan()
    outside = text(
        "INSERT INTO sessions (plan_id, no, status, revision, confirmed, step, therapist_id, room_id, during,"
        " minutes) VALUES (:plan, 1, 'booked', 1, false, 'S1', :therapist, :room, tstzrange(:start, :end), 45)"
    )
    slot = {"start": TUESDAY_TEN, "end": TUESDAY_TEN + timedelta(minutes=45)}
    async with engine.connect() as connection:
        await connection.execute(
            outside, {"plan": other.plan_id, "therapist": THERAPIST.id, "room": ROOM_IDS[2], **slot}
        )
        claim = asyncio.ensure_future(record(engine, booking(plan, a_session()), None))
        while not await fetch(engine, "SELECT 1 FROM pg_locks WHERE NOT granted"):
            pass
        await connection.commit()
    assert [one.reason for one in (await claim).conflicts] == ["therapist_busy"]


async def test_two_sessions_swap_their_slots_in_one_step(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    plan = await open_a_plan()
    one, two = a_session(1), a_session(2, TUESDAY_TEN + WEEK)
    first = booking(plan, one, two)
    await record(engine, first, None)
    swapped = booking(
        first.state,
        one.but(starts_at=two.starts_at, revision=2),
        two.but(starts_at=one.starts_at, revision=2),
    )
    assert await record(engine, swapped, None) == RecordReply()
    rows = await fetch(engine, "SELECT no, lower(during) AS starts, revision FROM sessions ORDER BY no")
    assert [tuple(row) for row in rows] == [(1, TUESDAY_TEN + WEEK, 2), (2, TUESDAY_TEN, 2)]


async def test_a_session_may_move_onto_part_of_its_own_old_slot(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    first = booking(plan, a_session())
    await record(engine, first, None)
    moved = booking(first.state, a_session(starts_at=TUESDAY_TEN + timedelta(minutes=15), revision=2))
    assert await record(engine, moved, None) == RecordReply()


async def test_a_released_slot_is_free_for_someone_else(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    plan = await open_a_plan()
    first = booking(plan, a_session())
    await record(engine, first, None)
    gone = first.state.but(sessions=(a_session(status=SessionStatus.cancelled),))
    await record(engine, a_step(gone, release=(1,)), None)
    assert await record(engine, booking(await open_a_plan(), a_session()), None) == RecordReply()


async def test_a_session_that_left_the_state_gives_its_slot_back_when_released(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    plan = await open_a_plan()
    first = booking(plan, a_session())
    await record(engine, first, None)
    await record(engine, a_step(first.state.but(sessions=()), release=(1,)), None)
    assert [row.status for row in await fetch(engine, "SELECT status FROM sessions")] == ["cancelled"]


async def test_a_held_session_keeps_its_slot(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    plan = await open_a_plan()
    first = booking(plan, a_session())
    await record(engine, first, None)
    held = first.state.but(sessions=(a_session(status=SessionStatus.held),))
    await record(engine, a_step(held), None)
    reply = await record(engine, booking(await open_a_plan(), a_session()), None)
    assert [one.reason for one in reply.conflicts] == ["therapist_busy"]
