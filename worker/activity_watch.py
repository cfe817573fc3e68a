"""Around every activity: the plan's id on each log line, and how long it took."""

from __future__ import annotations

import time
from typing import Any

import structlog
from temporalio import activity
from temporalio.exceptions import ApplicationError
from temporalio.worker import ActivityInboundInterceptor, ExecuteActivityInput, Interceptor

from worker.logging import whose
from worker.metrics import Metrics


class ActivityWatch(Interceptor):
    """A worker interceptor; `metrics` None only names the plan."""

    def __init__(self, metrics: Metrics | None = None) -> None:
        self._metrics = metrics

    def intercept_activity(self, next: ActivityInboundInterceptor) -> ActivityInboundInterceptor:
        """Wrap the activity."""
        return _Watched(next, self._metrics)


class _Watched(ActivityInboundInterceptor):
    def __init__(self, following: ActivityInboundInterceptor, metrics: Metrics | None) -> None:
        super().__init__(following)
        self._metrics = metrics

    async def execute_activity(self, input: ExecuteActivityInput) -> Any:
        info = activity.info()
        began = time.monotonic()
        outcome = "failed"
        with structlog.contextvars.bound_contextvars(
            **whose(info.workflow_id), activity_type=info.activity_type, attempt=info.attempt
        ):
            try:
                result = await super().execute_activity(input)
                outcome = "done"
                return result
            except ApplicationError as error:
                outcome = "failed" if error.non_retryable else "again"
                raise
            finally:
                if self._metrics is not None:
                    self._metrics.activity_ended(info.activity_type, outcome, time.monotonic() - began)
