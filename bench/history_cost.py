"""What a stretch of a workflow's history costs: durable actions, events and bytes.

Actions are counted as Temporal bills them: 1 each for a start or continue-as-new, an activity and each of its
retries, a timer, a signal, an update, a search-attribute change; a child counts 2; all local activities of
one workflow task count 1. Bookkeeping of virtual time is left out: only tests have it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import HistoryEvent

VIRTUAL_TIME = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_OPTIONS_UPDATED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED,
    }
)

_ONE_ACTION = frozenset(
    {
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED,
        EventType.EVENT_TYPE_ACTIVITY_TASK_SCHEDULED,
        EventType.EVENT_TYPE_TIMER_STARTED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_SIGNALED,
        EventType.EVENT_TYPE_WORKFLOW_EXECUTION_UPDATE_ACCEPTED,
        EventType.EVENT_TYPE_UPSERT_WORKFLOW_SEARCH_ATTRIBUTES,
    }
)
_CHILD_STARTED = EventType.EVENT_TYPE_START_CHILD_WORKFLOW_EXECUTION_INITIATED
_LOCAL_ACTIVITY = "core_local_activity"


@dataclass(frozen=True)
class HistoryCost:
    """What was counted. `retries` are the activity attempts after the first, already part of `actions`."""

    actions: int
    events: int
    size: int
    retries: int = 0

    def per(self, count: int) -> tuple[float, float, float]:
        """Actions, events and bytes for each of `count` sessions."""
        return self.actions / count, self.events / count, self.size / count


def cost_of(events: Iterable[HistoryEvent]) -> HistoryCost:
    """The cost of these events, in the order of the history (several runs may follow one another)."""
    actions = counted = size = retries = 0
    local_task: int | None = None
    for event in events:
        if event.event_type in VIRTUAL_TIME:
            continue
        if event.event_type == EventType.EVENT_TYPE_WORKFLOW_EXECUTION_STARTED:
            local_task = None  # a new run counts its tasks from the beginning
        counted += 1
        size += event.ByteSize()
        actions += event.event_type in _ONE_ACTION
        actions += 2 * (event.event_type == _CHILD_STARTED)
        if event.event_type == EventType.EVENT_TYPE_ACTIVITY_TASK_STARTED:
            again = event.activity_task_started_event_attributes.attempt - 1
            retries += again
            actions += again
        if event.event_type == EventType.EVENT_TYPE_MARKER_RECORDED:
            marker = event.marker_recorded_event_attributes
            task = marker.workflow_task_completed_event_id
            if marker.marker_name == _LOCAL_ACTIVITY and task != local_task:
                actions += 1
                local_task = task
    return HistoryCost(actions, counted, size, retries)


def between(
    events: Iterable[HistoryEvent], starts: Callable[[HistoryEvent], bool]
) -> list[list[HistoryEvent]]:
    """Cut a history into stretches, each beginning at an event that `starts` one; what is before is dropped."""
    stretches: list[list[HistoryEvent]] = []
    for event in events:
        if starts(event):
            stretches.append([])
        if stretches:
            stretches[-1].append(event)
    return stretches
