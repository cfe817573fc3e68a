"""What the tests of the care core share: Anna's plan."""

from __future__ import annotations

import pytest

from schemas.plan import PlanState
from schemas.protocol import ApprovalKind
from tests.care.plans import NOW, plan_for
from tests.care.played_plan import PlayedPlan


@pytest.fixture
def plan() -> PlanState:
    """A clear plan, not opened yet."""
    return plan_for({})


@pytest.fixture
def running() -> PlayedPlan:
    """Anna's plan, approved on Monday 2 March; weekly visits on Tuesdays at 10:00 from 10 March."""
    played = PlayedPlan(plan_for({}), NOW)
    played.approve(ApprovalKind.start)
    return played
