"""Plans in the database to record against."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from functools import partial
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from schemas.plan import PlanState
from tests.database.plan_building import plan_in


@pytest.fixture
def open_a_plan(engine: AsyncEngine, clinic: ModuleType) -> Callable[..., Awaitable[PlanState]]:
    """Open a plan for a new client; keyword arguments change the protocol, `mobile` the client's number."""
    return partial(plan_in, engine)
