"""The lively clinic as `limber up` opens it: its engine answers, and a visitor may move its time ahead."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta

from api.app import create_app
from api.clinic import Clinic
from api.demo_time import Stride
from tests.browser.lively_clinic import LivelyClinic
from tests.browser.served import free_socket, served


@dataclass
class RestingTime:
    """A demo's time before anybody has moved it."""

    asked: list[Stride] = field(default_factory=list)

    def begin(self, stride: Stride, *, staff_decide: bool) -> None:
        """It is asked to move, and rests."""
        self.asked.append(stride)

    async def arrived(self, within: timedelta) -> bool:
        """It is where it was."""
        return True

    @property
    def journey(self) -> None:
        """It has been nowhere."""

    @property
    def under_way(self) -> bool:
        """It rests."""
        return False


@asynccontextmanager
async def demo_door(lively: LivelyClinic) -> AsyncIterator[str]:
    """Serve it on a free port until the block ends; its address."""
    listening, url = free_socket()
    clinic: Clinic = lively.second.app.state.clinic
    settings = clinic.settings.model_copy(update={"public_url": url})
    app = create_app(replace(clinic, settings=settings, plans=lively.plans, demo=RestingTime()))
    async with served(app, listening):
        yield url
