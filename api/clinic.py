"""What the API needs from the process it runs in: one value, built once, handed to every route."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Coroutine
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import Depends, Request
from sqlalchemy.ext.asyncio import AsyncEngine

from api.aftermath import Aftermath
from api.demo_time import DemoTime
from api.metrics import ApiMetrics
from database.receipts import FinalFailure
from schemas.refusals import Plans
from schemas.rules import RulePack
from schemas.settings import Environment, Settings

RouteInbound = Callable[[str], Coroutine[Any, Any, None]]
"""Give the stored inbound text with this id to its plan, or to a person."""


TellFailure = Callable[[FinalFailure], Coroutine[Any, Any, None]]
"""Tell a plan of its text that will not arrive; what cannot be told now is told by a sweep."""

PackByHash = Callable[[str], Awaitable[RulePack]]
"""The rule pack that a plan is pinned to; NotFoundError for one that was never kept."""


def utc_now() -> datetime:
    """The wall clock."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Clinic:
    """The running clinic as the API sees it.

    `pack` is the rule pack that new intakes are judged by; plans keep their own. `clock` is the clinic's clock:
    what happens inside a plan goes by the plan's own time. It is the world's clock but in a demo (`demo`), whose
    visitors move it ahead; `wall_clock` is the world's there, by which log-ins live.
    """

    settings: Settings
    engine: AsyncEngine
    plans: Plans
    pack: RulePack
    pack_by_hash: PackByHash
    route_inbound: RouteInbound
    tell_failure: TellFailure
    clock: Callable[[], datetime] = utc_now
    wall_clock: Callable[[], datetime] | None = None
    demo: DemoTime | None = None
    metrics: ApiMetrics = field(default_factory=ApiMetrics)
    aftermath: Aftermath = field(default_factory=Aftermath)

    def real_now(self) -> datetime:
        """The world's time, whatever a demo's clock shows."""
        return (self.wall_clock or self.clock)()

    @property
    def public_url(self) -> str:
        """Where the outside reaches the API: what Twilio was given and signs."""
        return self.settings.public_url or f"http://127.0.0.1:{self.settings.api_port}"

    @property
    def fictional_numbers(self) -> bool:
        """Whether Ofcom's drama numbers may be texted: only with a gateway, where no real phone rings."""
        return self.settings.twilio_api_url is not None

    @property
    def secure_cookies(self) -> bool:
        """Whether log-ins travel over HTTPS only."""
        return self.settings.environment is Environment.PRODUCTION or self.public_url.startswith("https:")


def clinic_of(request: Request) -> Clinic:
    """The clinic of this app."""
    clinic: Clinic = request.app.state.clinic
    return clinic


TheClinic = Annotated[Clinic, Depends(clinic_of)]
