"""How big a worker process is. The defaults suit one clinic on two cores; docs/observability.md says more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True)
class Tuning:
    """The sizes of one worker process.

    `texts_per_second` is for all workers together: Temporal enforces it on the queue. `grace` is how long
    running activities may finish after a stop is asked for; less than a POST's time limit (20 s) leaves
    texts to be looked for. `cached_plans` stay in memory between their steps, about 110 KiB each.
    `plan_tasks` at once are capped: a mass replay must not starve the event loop, or the SDK's two-second
    deadlock detector turns it into a crash loop.
    """

    texts_per_second: float = 10
    grace: timedelta = timedelta(seconds=30)
    cached_plans: int = 500
    plan_tasks: int = 8
    records_at_once: int = 8
    texts_at_once: int = 8
    most_pollers: int = 10
    start_plans_every: timedelta = timedelta(seconds=2)
    route_texts_every: timedelta = timedelta(seconds=3)
    tell_failures_every: timedelta = timedelta(seconds=15)
    note_awake_every: timedelta = timedelta(seconds=15)
    outage_after: timedelta = timedelta(minutes=3)
    recover_texts_every: timedelta = timedelta(minutes=1)
    settle_texts_every: timedelta = timedelta(minutes=1)
    mail_every: timedelta = timedelta(seconds=20)
    send_form_links_every: timedelta = timedelta(seconds=2)
    forget_answers_every: timedelta = timedelta(minutes=10)
