"""A clinic whose plans open on an ordinary Monday at ten, and live in virtual time from there."""

from __future__ import annotations

from collections.abc import AsyncIterator
from types import ModuleType

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bench.clinic import open_clinic
from cli.embedded.temporal import EmbeddedTemporal
from tests.workflows.care_walk import Walks


@pytest.fixture
async def walks(engine: AsyncEngine, clinic: ModuleType, temporal: EmbeddedTemporal) -> AsyncIterator[Walks]:
    """The demo clinic with its workers and its gateway, and no plan yet."""
    async with open_clinic(engine, temporal.address) as running:
        yield Walks(running)
