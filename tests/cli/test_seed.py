"""`limber seed --plans`: plans to measure with, as whole as those that people opened."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.ext.asyncio import AsyncEngine

from cli.embedded.errors import StackError
from cli.seed import refuse_unless_empty, seed
from cli.seeding.writing import write_plans
from database.events import verify_chain
from database.tables import clients, events, messages, plans, sessions

NOW = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)
WANTED, PATTERNS = 30, 8


@pytest.fixture
async def seeded(engine: AsyncEngine) -> AsyncEngine:
    """A database with plans in it, most of them copies."""
    await write_plans(engine, WANTED, NOW, PATTERNS)
    return engine


async def test_every_plan_has_its_client_its_story_and_a_chain_that_holds(seeded: AsyncEngine) -> None:
    async with seeded.connect() as connection:
        ids = list(await connection.scalars(select(plans.c.id)))
        people = await connection.scalar(select(func.count()).select_from(clients))
        without = await connection.scalar(
            select(func.count()).where(plans.c.id.not_in(select(events.c.plan_id).distinct()))
        )
        texts = await connection.scalar(select(func.count(messages.c.plan_id.distinct())))
        states = (await connection.execute(select(plans.c.id, plans.c.client_id, plans.c.state))).all()
    assert (len(ids), people, without) == (WANTED, WANTED, 0)
    assert texts is not None
    assert texts > WANTED / 2
    assert all((row.state.plan_id, row.state.client_id) == (row.id, row.client_id) for row in states)
    assert all([(await verify_chain(seeded, plan_id)).whole for plan_id in ids])


async def test_no_copy_shares_a_slot_or_leaves_a_plan_without_what_comes_next(seeded: AsyncEngine) -> None:
    async with seeded.connect() as connection:
        stray = await connection.scalar(
            select(func.count()).where(plans.c.closed_at.is_(None), plans.c.next_at.is_(None))
        )
        unstarted = await connection.scalar(select(func.count()).where(plans.c.workflow_started_at.is_(None)))
        foreign = await connection.scalar(
            select(func.count())
            .select_from(sessions.join(plans, plans.c.id == sessions.c.plan_id))
            .where(sessions.c.therapist_id != plans.c.therapist_id)
        )
        elsewhere = await connection.scalar(
            select(func.count())
            .select_from(messages.join(plans, plans.c.id == messages.c.plan_id))
            .where(messages.c.site_id.is_distinct_from(plans.c.site_id))
        )
        await connection.execute(text("SET CONSTRAINTS ALL IMMEDIATE"))
    assert (stray, unstarted, foreign, elsewhere) == (0, 0, 0, 0)


def test_seeding_is_refused_in_production(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {
        "LIMBER_ENV": "production",
        "DATABASE_URL": "postgresql://limber@db/limber",
        "TEMPORAL_ADDRESS": "temporal:7233",
        "LIMBER_PUBLIC_URL": "https://clinic.example",
        "LIMBER_ENCRYPTION_KEYS": "k:" + "A" * 43 + "=",
    }.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(StackError, match="nobody is invented"):
        seed(plans=5, demo_clients=False, beside=False)


async def test_a_database_with_plans_in_it_is_left_alone_unless_one_says_so(seeded: AsyncEngine) -> None:
    with pytest.raises(StackError, match=f"holds {WANTED} plans already"):
        await refuse_unless_empty(seeded)
