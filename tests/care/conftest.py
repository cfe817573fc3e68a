"""What the tests of the care core share: Anna's plan."""

from __future__ import annotations

import pytest

from schemas.plan import PlanState
from tests.care.plans import plan_for


@pytest.fixture
def plan() -> PlanState:
    """A clear plan, not opened yet."""
    return plan_for({})
