"""How big a worker process is. The defaults suit one clinic on two cores; docs/observability.md says more."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Self

from schemas.settings import Settings

_USUAL: Final = Settings.model_construct()


@dataclass(frozen=True)
class Tuning:
    """The sizes of one worker process.

    `texts_per_second` is for all workers together: Temporal enforces it on the queue. `grace` is how long
    running activities may finish after a stop is asked for; less than a POST's time limit (20 s) leaves
    texts to be looked for. `cached_plans` stay in memory between their steps, about 130 KiB each.
    `plan_tasks` at once are capped: a mass replay must not starve the event loop, or the SDK's two-second
    deadlock detector turns it into a crash loop.
    """

    texts_per_second: float = _USUAL.texts_per_second
    grace: timedelta = timedelta(seconds=_USUAL.grace_seconds)
    cached_plans: int = _USUAL.cached_plans
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
    judge_again_every: timedelta = timedelta(minutes=10)
    mail_every: timedelta = timedelta(seconds=20)
    send_again_every: timedelta = timedelta(seconds=5)
    send_form_links_every: timedelta = timedelta(seconds=2)
    forget_answers_every: timedelta = timedelta(minutes=10)
    tell_staff_every: timedelta = timedelta(seconds=5)

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """The sizes that the environment asks for."""
        return cls(
            texts_per_second=settings.texts_per_second,
            grace=timedelta(seconds=settings.grace_seconds),
            cached_plans=settings.cached_plans,
        )
