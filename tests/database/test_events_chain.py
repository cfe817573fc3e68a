"""The story of a plan is append-only, and a change to it shows."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncEngine

from database.chain import GENESIS, link
from database.events import events_of_kinds, events_of_plan, verify_chain
from database.record import record
from schemas.events import EventKind, Fact, PlanEvent
from schemas.plan import PlanState
from schemas.taper import Step, TaperInputs
from tests.database.plan_building import NOW, a_step

OpenPlan = Callable[..., Awaitable[PlanState]]

LOOKED_AT = TaperInputs(
    step=Step.S1, days_at_step=14.0, sessions_at_step=4, planned_weeks=12, screening_valid=True
)
FACTS: dict[str, Fact] = {
    "session": 1,
    "pain": 3.0,
    "load": 0.1,
    "rules": ("KW-1", "AL-02"),
    "said": "naïve",
    "none": None,
    "ok": True,
    "inputs": LOOKED_AT,
}


async def a_story(engine: AsyncEngine, open_a_plan: OpenPlan) -> PlanState:
    state = await open_a_plan()
    for number in range(4):
        told = PlanEvent(
            kind=EventKind.outcome_recorded, at=NOW, rule="OUTCOME", facts={**FACTS, "session": number}
        )
        step = a_step(state, events=(told, told.but(kind=EventKind.taper_evaluated, actor="therapist")))
        await record(engine, step, None)
        state = step.state
    return state


async def test_a_story_can_be_read_for_what_happened_at_visits_only(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    state = await a_story(engine, open_a_plan)
    told = await events_of_kinds(engine, state.plan_id, {EventKind.outcome_recorded})
    assert [event.facts["session"] for event in told] == [0, 1, 2, 3]
    assert {event.kind for event in told} == {EventKind.outcome_recorded}
    assert {event.facts["inputs"] for event in told} == {LOOKED_AT.as_json()}, (
        "what the taper looked at, as text"
    )


async def test_an_untouched_story_is_whole(engine: AsyncEngine, open_a_plan: OpenPlan) -> None:
    state = await a_story(engine, open_a_plan)
    check = await verify_chain(engine, state.plan_id)
    assert (check.whole, check.length) == (True, 9)


@pytest.mark.parametrize(
    ("tampering", "broken_at"),
    [
        ("UPDATE events SET facts = jsonb_set(facts, '{pain}', '2') WHERE position = 4", 4),
        ("UPDATE events SET actor = 'someone else' WHERE position = 5", 5),
        ("UPDATE events SET at = at + interval '1 microsecond' WHERE position = 1", 1),
        ("DELETE FROM events WHERE position = 3", 3),
        ("DELETE FROM events WHERE position = 9", 9),
        ("UPDATE events SET hash = sha256('x') WHERE position = 9", 9),
    ],
)
async def test_tampering_behind_the_triggers_back_is_found_where_it_happened(
    engine: AsyncEngine, open_a_plan: OpenPlan, tampering: str, broken_at: int
) -> None:
    state = await a_story(engine, open_a_plan)
    async with engine.begin() as connection:
        await connection.execute(text("SET LOCAL session_replication_role = replica"))
        await connection.execute(text(tampering))
    check = await verify_chain(engine, state.plan_id)
    assert check.broken_at == broken_at


@pytest.mark.parametrize("change", ["UPDATE events SET actor = 'x'", "DELETE FROM events", "TRUNCATE events"])
async def test_the_database_refuses_to_change_the_story(
    engine: AsyncEngine, open_a_plan: OpenPlan, change: str
) -> None:
    await a_story(engine, open_a_plan)
    with pytest.raises(DBAPIError, match="append-only"):
        async with engine.begin() as connection:
            await connection.execute(text(change))


async def test_the_story_is_read_page_by_page_and_misses_nothing(
    engine: AsyncEngine, open_a_plan: OpenPlan
) -> None:
    state = await a_story(engine, open_a_plan)
    seen: list[int] = []
    before: int | None = None
    while page := await events_of_plan(engine, state.plan_id, before_position=before, limit=4):
        seen += [one.position for one in page]
        before = page[-1].position
    assert seen == list(range(9, 0, -1))


_facts = st.dictionaries(
    st.text(st.characters(codec="ascii", exclude_characters="\0"), min_size=1, max_size=5),
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats(-1e9, 1e9)
    | st.lists(st.text(max_size=3)).map(tuple),
    max_size=4,
)


@given(_facts, _facts)
def test_different_facts_have_different_links(one: dict[str, object], other: dict[str, object]) -> None:
    def linked(facts: dict[str, object]) -> bytes:
        event = PlanEvent.read({"kind": EventKind.reply_read, "at": NOW, "facts": facts})
        return link("plan", 1, 1, event, GENESIS)

    assert linked(one) == linked(dict(reversed(one.items())))
    if one != other:
        assert linked(one) != linked(other)
