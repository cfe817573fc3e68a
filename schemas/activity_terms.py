"""On which terms the workflow asks for each activity: timeouts, retries, queue. The one table of them.

Idempotency keys: `record` (plan, seq); `send_text` the intent key; `read_reply` the inbound id;
`evaluate_taper` is a pure function.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

from schemas import names


@dataclass(frozen=True)
class Terms:
    """One activity's terms.

    `queue` None: a local activity, run by the worker that runs the workflow. `schedule_to_close` None: no
    limit, except for a text, which is limited by its own useful life (`useful_life`). `attempts` 0: no limit.
    A wait between attempts longer than `local_wait` becomes a timer: a database that is down for hours then
    neither fills the history with heartbeats nor keeps a worker from stopping.
    """

    start_to_close: timedelta
    schedule_to_close: timedelta | None = None
    first_wait: timedelta = timedelta(milliseconds=200)
    wait_grows_by: float = 2.0
    longest_wait: timedelta = timedelta(seconds=60)
    attempts: int = 0
    local_wait: timedelta = timedelta(seconds=2)
    final_errors: tuple[str, ...] = ()
    queue: str | None = None


TERMS: Final[Mapping[str, Terms]] = MappingProxyType(
    {
        names.RECORD: Terms(start_to_close=timedelta(seconds=15)),
        names.READ_REPLY: Terms(start_to_close=timedelta(seconds=15)),
        names.EVALUATE_TAPER: Terms(start_to_close=timedelta(seconds=5)),
        names.SEND_TEXT: Terms(
            start_to_close=timedelta(seconds=60),
            first_wait=timedelta(seconds=2),
            longest_wait=timedelta(minutes=5),
            queue=names.SMS_QUEUE,
        ),
    }
)

SETTLING: Final = timedelta(minutes=10)
"""How long after its useful life a text may still be settled (as expired, or unknown) by its activity."""


def useful_life(expires_at: datetime, now: datetime) -> timedelta:
    """`schedule_to_close` of a text: what is left of its use, plus the time to record how it ended (F07)."""
    return max(expires_at - now, timedelta(0)) + SETTLING
