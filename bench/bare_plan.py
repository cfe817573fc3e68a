"""The yardstick: a Temporal workflow that does per session what a plan does, and knows nothing.

As many timers, activities, local activities, updates and continue-as-news, with payloads of about the same
size, but no rules, no database, no encryption and no texts.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from temporalio import activity, workflow

WORKFLOW: Final = "BarePlan"
QUEUE: Final = "bench-bare"
SEND_QUEUE: Final = "bench-bare-send"
VISIT: Final = "visit"

REMINDER_BEFORE: Final = timedelta(hours=72)
DAY_BEFORE: Final = timedelta(hours=24)
DAY_AFTER: Final = timedelta(hours=24)
LOOK_AGAIN: Final = timedelta(hours=48)
STATE_BYTES: Final = 9_000
TEXT_BYTES: Final = 700
ANSWER_BYTES: Final = 200
HISTORY_KEPT: Final = 200
_AT_MOST: Final = timedelta(seconds=15)


@dataclass(frozen=True)
class BareState:
    """When the visits are (ISO 8601), how many there have been, and as many bytes as a plan's state has."""

    visits: list[str]
    done: int = 0
    ballast: str = field(default="x" * STATE_BYTES)


@activity.defn(name="bare_record")
async def record(state: BareState) -> str:
    """Stands for recording a step."""
    return state.ballast[:ANSWER_BYTES]


@activity.defn(name="bare_read")
async def read(text: str) -> str:
    """Stands for reading a reply, or asking the taper policy."""
    return text[:ANSWER_BYTES]


@activity.defn(name="bare_send")
async def send(text: str) -> str:
    """Stands for sending a text."""
    return f"{len(text)} bytes sent"


@workflow.defn(name=WORKFLOW)
class BarePlan:
    """Sleeps and sends through its visits; each update is answered after two local activities."""

    @workflow.init
    def __init__(self, state: BareState) -> None:
        self.state = state

    @workflow.run
    async def run(self, state: BareState) -> int:  # noqa: ARG002 — `__init__` has taken the state
        """Live through every visit; returns how many there were."""
        while self.state.done < len(self.state.visits):
            visit = datetime.fromisoformat(self.state.visits[self.state.done])
            await self._text_at(visit - REMINDER_BEFORE)
            await self._text_at(visit - DAY_BEFORE)
            await self._text_at(visit + DAY_AFTER)
            await self._sleep_until(visit + LOOK_AGAIN)
            self.state = replace(self.state, done=self.state.done + 1)
            if workflow.info().get_current_history_length() >= HISTORY_KEPT:
                await workflow.wait_condition(workflow.all_handlers_finished)
                workflow.continue_as_new(self.state)
        return self.state.done

    @workflow.update(name=VISIT)
    async def visit(self, words: str) -> str:
        """A confirmation, an outcome or an answer."""
        await workflow.execute_local_activity(read, words, start_to_close_timeout=_AT_MOST)
        return await workflow.execute_local_activity(record, self.state, start_to_close_timeout=_AT_MOST)

    async def _text_at(self, at: datetime) -> None:
        await self._sleep_until(at)
        await workflow.execute_activity(
            send, "x" * TEXT_BYTES, task_queue=SEND_QUEUE, start_to_close_timeout=_AT_MOST
        )

    async def _sleep_until(self, at: datetime) -> None:
        await workflow.sleep(max(at - workflow.now(), timedelta(milliseconds=1)))
