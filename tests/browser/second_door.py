"""The lively clinic once more, as a demo's visitor meets it on a bad day.

Time is passing and then stuck, the engine is away, there is a second way to sign in, a link was tried too often,
and two addresses only ever fail.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

from fastapi import FastAPI
from starlette.types import ASGIApp, Receive, Scope, Send

from api.app import create_app
from api.clinic import Clinic
from api.demo_time import Journey, Stride
from api.form.visit import CLOSED_LINKS
from api.problems import Problem
from api.single_sign_on import SingleSignOn
from database.tries import note
from schemas.commands import CommandEnvelope, CommandReply
from schemas.plan import PlanState
from schemas.refusals import EngineUnavailable
from tests.browser.served import free_socket, served

_WEEK: Final = timedelta(weeks=1)
_ELSEWHERE: Final = "192.0.2.1"


class AwayEngine:
    """The plans' engine, out of reach."""

    async def start(self, state: PlanState) -> None:
        """No plan is opened."""
        raise EngineUnavailable(state.plan_id, "no connection")

    async def answers(self) -> bool:
        """It does not."""
        return False

    async def command(self, plan_id: str, envelope: CommandEnvelope) -> CommandReply:
        """Nothing is taken."""
        raise EngineUnavailable(plan_id, "no connection")


@dataclass
class PassingTime:
    """A demo's time, a third of the way; `stuck` once it has stopped."""

    began_at: datetime
    stuck: bool = False
    asked: list[Stride] = field(default_factory=list)

    def begin(self, stride: Stride, *, staff_decide: bool) -> None:
        """It is under way already."""
        self.asked.append(stride)

    async def arrived(self, within: timedelta) -> bool:
        """It never does."""
        return False

    @property
    def journey(self) -> Journey:
        """Where it is."""
        fault = "The engine does not answer: time stands still until it does." if self.stuck else None
        reached = self.began_at + _WEEK / 3
        return Journey(self.began_at, self.began_at + _WEEK, reached, over=self.stuck, fault=fault)

    @property
    def under_way(self) -> bool:
        """Whether it moves."""
        return not self.stuck


@dataclass(frozen=True)
class SecondDoor:
    """Its address, its application with all that a demo adds, and the time that passes there."""

    url: str
    app: FastAPI
    time: PassingTime


@asynccontextmanager
async def second_door(clinic: Clinic) -> AsyncIterator[SecondDoor]:
    """Serve it on a free port until the block ends."""
    listening, url = free_socket()
    time = PassingTime(clinic.clock())
    settings = clinic.settings.model_copy(update={"public_url": url})
    app = create_app(replace(clinic, settings=settings, plans=AwayEngine(), demo=time))
    app.state.single_sign_on = SingleSignOn("http://127.0.0.1:9", "limber", None, url)
    _add_what_fails(app)
    await _tried_too_often(app, clinic)
    async with served(app, listening):
        yield SecondDoor(url, app, time)


def _add_what_fails(app: FastAPI) -> None:
    @app.get("/plans/never/broken")
    async def broken() -> None:
        raise RuntimeError("this address only ever fails")

    @app.get("/plans/never/taken")
    async def taken() -> None:
        raise Problem(
            HTTPStatus.CONFLICT, "other_version", "Somebody has changed this since you opened it. Look again."
        )


class _FromElsewhere:
    """Whoever comes through this door has another address than those at the first."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app({**scope, "client": (_ELSEWHERE, 1)}, receive, send)


async def _tried_too_often(app: FastAPI, clinic: Clinic) -> None:
    app.add_middleware(_FromElsewhere)
    while not (await note(clinic.engine, {CLOSED_LINKS: _ELSEWHERE}, clinic.real_now())).wait:
        pass
