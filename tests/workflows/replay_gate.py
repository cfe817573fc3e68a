"""The histories that are kept, and whether today's code still continues them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

from temporalio.client import WorkflowHistory

from worker.replaying import plan_replayer, replayed
from worker.sandbox import LEAKS_RAISE

HISTORIES: Final = Path(__file__).parent / "histories"
FINGERPRINTS: Final = Path(__file__).parent / "workflow_fingerprints.json"


async def kept_histories() -> AsyncIterator[WorkflowHistory]:
    """Every kept history, named after its file."""
    for file in sorted(HISTORIES.glob("*.json")):
        yield WorkflowHistory.from_json(file.stem, file.read_text(encoding="utf-8"))


async def broken_histories() -> list[str]:
    """The names of those that today's code does not continue."""
    replayer = plan_replayer((), on_leak=LEAKS_RAISE)
    return [one.name async for one in replayed(replayer, kept_histories()) if one.broke]
