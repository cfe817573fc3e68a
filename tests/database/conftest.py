"""Plans in the database to record against."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import date
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from database.intakes import NewClient, NewPlan, create_plan
from schemas.events import EventKind, PlanEvent
from schemas.names import new_id
from schemas.plan import PlanState
from tests.database.plan_building import NOW, RESULT, a_protocol, a_state


@pytest.fixture
def open_a_plan(engine: AsyncEngine, clinic: ModuleType) -> Callable[..., Awaitable[PlanState]]:
    """Open a plan for a new client; keyword arguments change the protocol, `mobile` the client's number."""

    async def open_it(mobile: str | None = "+447700900001", **changes: Any) -> PlanState:
        plan_id = new_id()
        state = a_state(plan_id, new_id(), a_protocol(**changes))
        await create_plan(
            engine,
            NewPlan(
                idempotency_key=f"key-{plan_id}",
                body_hash="hash",
                form={"INT-01": "reach my shoelaces"},
                screening=RESULT,
                state=state,
                received_at=NOW,
                client=NewClient("Ada", "Byron", date(1985, 12, 10), mobile, None, texts_allowed=True),
                events=(PlanEvent(kind=EventKind.intake_received, at=NOW, actor="client"),),
            ),
        )
        return state

    return open_it
