"""Plans of a demo begin at the clinic's time, which may be ahead of the world's.

The start is delayed until then, and Temporal's virtual clock skips the delay: the plan's first task already
sees the clinic's present.
"""

from __future__ import annotations

from typing import Any, Final

from temporalio.api.common.v1 import FastForwardConfig, TimeSkippingConfig
from temporalio.client import Interceptor, OutboundInterceptor, StartWorkflowInput, WorkflowHandle

from schemas.names import new_id
from worker.clinic_clock import ClinicClock

MOST_SKIPS: Final = 100_000


class StartingAhead(Interceptor):
    """Puts every workflow that this client starts on the clinic's clock."""

    def __init__(self, clock: ClinicClock) -> None:
        self._clock = clock

    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        """The client's calls, with starts moved ahead."""
        return _Starts(next, self._clock)


class _Starts(OutboundInterceptor):
    def __init__(self, following: OutboundInterceptor, clock: ClinicClock) -> None:
        super().__init__(following)
        self._clock = clock

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        ahead = self._clock.ahead()
        if ahead:
            skip = FastForwardConfig(id=new_id())
            skip.duration.FromTimedelta(ahead)
            input.start_delay = ahead
            input.time_skipping_config = TimeSkippingConfig(
                enabled=True, fast_forward_config=skip, max_session_skip_count=MOST_SKIPS
            )
        return await super().start_workflow(input)
