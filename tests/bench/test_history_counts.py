"""What a history costs is counted as Temporal bills it."""

from __future__ import annotations

from temporalio.api.enums.v1 import EventType
from temporalio.api.history.v1 import (
    ActivityTaskStartedEventAttributes,
    HistoryEvent,
    MarkerRecordedEventAttributes,
)

from bench.history_cost import between, cost_of


def _event(name: str, **attributes: object) -> HistoryEvent:
    return HistoryEvent(event_type=EventType.Value(f"EVENT_TYPE_{name}"), **attributes)  # type: ignore[arg-type]


def _local_activity(task: int) -> HistoryEvent:
    marker = MarkerRecordedEventAttributes(
        marker_name="core_local_activity", workflow_task_completed_event_id=task
    )
    return _event("MARKER_RECORDED", marker_recorded_event_attributes=marker)


def _attempt(number: int) -> HistoryEvent:
    return _event(
        "ACTIVITY_TASK_STARTED",
        activity_task_started_event_attributes=ActivityTaskStartedEventAttributes(attempt=number),
    )


def test_starts_timers_updates_and_activities_are_one_action_each() -> None:
    billed = [
        _event("WORKFLOW_EXECUTION_STARTED"),
        _event("TIMER_STARTED"),
        _event("WORKFLOW_EXECUTION_UPDATE_ACCEPTED"),
        _event("ACTIVITY_TASK_SCHEDULED"),
    ]
    free = [
        _event("WORKFLOW_TASK_SCHEDULED"),
        _event("TIMER_FIRED"),
        _event("WORKFLOW_EXECUTION_UPDATE_COMPLETED"),
    ]
    assert cost_of([*billed, *free]).actions == len(billed)
    assert cost_of([*billed, *free]).events == len(billed) + len(free)


def test_all_local_activities_of_one_workflow_task_are_one_action() -> None:
    assert cost_of([_local_activity(4), _local_activity(4), _local_activity(9)]).actions == 2


def test_the_same_task_number_in_a_new_run_is_another_task() -> None:
    events = [_local_activity(4), _event("WORKFLOW_EXECUTION_STARTED"), _local_activity(4)]
    assert cost_of(events).actions == 3


def test_a_child_costs_two() -> None:
    assert cost_of([_event("START_CHILD_WORKFLOW_EXECUTION_INITIATED")]).actions == 2


def test_each_retry_of_an_activity_costs_again() -> None:
    cost = cost_of([_event("ACTIVITY_TASK_SCHEDULED"), _attempt(3)])
    assert (cost.actions, cost.retries) == (3, 2)


def test_the_bookkeeping_of_virtual_time_is_left_out() -> None:
    bookkeeping = [
        _event("WORKFLOW_EXECUTION_OPTIONS_UPDATED"),
        _event("WORKFLOW_EXECUTION_TIME_SKIPPING_TRANSITIONED"),
    ]
    assert cost_of(bookkeeping) == cost_of([])


def test_a_history_is_cut_where_a_stretch_begins() -> None:
    timer, fired = _event("TIMER_STARTED"), _event("TIMER_FIRED")
    stretches = between([fired, timer, fired, timer], lambda event: event == timer)
    assert stretches == [[timer, fired], [timer]]
