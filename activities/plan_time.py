"""The plan's time inside an activity. Plans may run in virtual time, so the wall clock has no say."""

from __future__ import annotations

from datetime import datetime, timedelta

from temporalio import activity
from temporalio.exceptions import ApplicationError, ApplicationErrorCategory


def plan_now(handed_over: datetime) -> datetime:
    """The plan's time at this attempt: the workflow's clock at the hand-over plus what has passed since.

    Both instants come from Temporal, which keeps them on the plan's own clock, also across retries.
    """
    info = activity.info()
    return handed_over + max(info.started_time - info.scheduled_time, timedelta(0))


def later(reason: str, wait: timedelta | None = None) -> ApplicationError:
    """What to raise so that Temporal tries again after `wait` (None: by the activity's own terms).

    Expected, so it is neither logged nor counted as a failure by the SDK.
    """
    return ApplicationError(
        reason, type="later", next_retry_delay=wait, category=ApplicationErrorCategory.BENIGN
    )
