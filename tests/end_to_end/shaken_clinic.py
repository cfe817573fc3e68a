"""A whole clinic as `limber up` runs it, whose parts are killed with -9 while a plan is played."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Final

import httpx2
import psutil  # type: ignore[import-untyped]
from pydantic import SecretStr
from rich.console import Console
from sqlalchemy.exc import DBAPIError
from temporalio.client import Client
from temporalio.service import RPCError

from care.agenda import due_items
from cli.embedded.data_directory import DataDirectory
from cli.embedded.stack import Stack
from cli.embedded.stack_ports import StackPorts
from cli.embedded.terminal import Terminal
from cli.playing.clinic import PlayedClinic
from cli.playing.clock import PlanClock
from cli.playing.people import Phone, Staff
from cli.playing.watch import PlanWatch
from database.engine import create_engine
from schemas.plan import TEXT_KINDS
from schemas.settings import Settings
from worker.client import connect

PATIENCE: Final = timedelta(seconds=90)
"""How long a plan may take to go on after a blow: a dead worker's tasks are given up after ten seconds."""

_A_MOMENT: Final = 0.02
_LATER: Final = 3600.0


class Enough(Exception):  # noqa: N818 - a state of affairs
    """The plan has been played for as long as the test needs."""


class ShakenStack:
    """The running parts, and every process that they have been."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self._strangers = set(psutil.Process().children())
        self._processes: set[psutil.Process] = set()

    def kill(self, *names: str) -> None:
        """Kill parts at once, without a word, and do what the supervisor does about it, only sooner."""
        supervisor = self.stack.supervisor
        doomed = [server for server in supervisor.servers if server.name in names]
        assert len(doomed) == len(names), [server.name for server in supervisor.servers]
        self.note_processes()
        for server in doomed:
            server.kill()
        for server in supervisor.servers:
            supervisor.look_at(server, 0.0)
            supervisor.look_at(server, _LATER)
        assert all(server.running() for server in supervisor.servers)

    def note_processes(self) -> None:
        """Remember the processes of now, to ask later whether they are gone; what strangers start is theirs."""
        for part in set(psutil.Process().children()) - self._strangers:
            with suppress(psutil.NoSuchProcess):
                self._processes |= {part, *part.children(recursive=True)}

    def left_over(self) -> list[psutil.Process]:
        """Noted processes that still live."""
        _, alive = psutil.wait_procs(self._processes, timeout=10)
        return [one for one in alive if one.status() != psutil.STATUS_ZOMBIE]


@contextmanager
def shaken_stack(folder: Path) -> Iterator[ShakenStack]:
    """A clinic of real parts in this folder, with virtual time; stopped when the block ends."""
    directory = DataDirectory(folder / "clinic")
    directory.lock()
    terminal = Terminal(Console(file=io.StringIO()))
    stack = Stack(
        directory,
        Settings(undo_seconds=0),
        StackPorts(usual=False),
        terminal,
        demo=True,
        virtual_time=True,
    )
    parts = ShakenStack(stack)
    try:
        stack.start()
        yield parts
        parts.note_processes()
    except BaseException as failure:
        failure.add_note(_complaints(stack.logs / "worker.log"))
        raise
    finally:
        stack.supervisor.stop()


@dataclass(frozen=True)
class Blow:
    """Parts that are killed the `nth` time that the plan's clock moves to a text's turn, or to anything else.

    A worker that dies over a text is missed for the minute in which its POST might still answer: tests of the
    sender play that, so that this one need not wait.
    """

    parts: tuple[str, ...]
    at_a_text: bool
    nth: int


def _complaints(log: Path) -> str:
    """The worker's last errors, for whoever reads why a test failed."""
    lines = log.read_text(errors="replace").splitlines() if log.exists() else []
    return "\n".join([line for line in lines if '"level":"error"' in line][-5:])


class ShakenClock(PlanClock):
    """A plan's clock under which blows fall while time passes; afterwards the plan must go on by itself."""

    def __init__(
        self, client: Client, watch: PlanWatch, clinic: ShakenStack, blows: Sequence[Blow], weeks: int
    ) -> None:
        super().__init__(client, watch.plan_id)
        self._watch = watch
        self._clinic = clinic
        self._weeks = timedelta(weeks=weeks)
        self._begun: datetime | None = None
        self._moves: Counter[bool] = Counter()
        self.to_fall = list(blows)

    async def advance_to(self, moment: datetime) -> None:
        """Let time pass until `moment`, whatever happens. Raises Enough when the weeks are over."""
        self._begun = self._begun or await self.now()
        if moment > self._begun + self._weeks:
            raise Enough
        blow = await self._blow_at(moment)
        if blow is None:
            await super().advance_to(moment)
            return
        moving = asyncio.create_task(super().advance_to(moment))
        await asyncio.sleep(_A_MOMENT)  # so that time has begun to pass
        self._clinic.kill(*blow.parts)
        with suppress(RPCError):
            await moving
        await super().advance_to(moment)
        with suppress(DBAPIError):  # the first look may be on a connection that fell with its database
            await self._watch.settled(PATIENCE)
        await self._watch.settled(PATIENCE)

    async def _blow_at(self, moment: datetime) -> Blow | None:
        due = due_items(await self._watch.state(), moment)
        at_a_text = any(item.kind in TEXT_KINDS for item in due)
        self._moves[at_a_text] += 1
        for blow in self.to_fall:
            if (blow.at_a_text, blow.nth) == (at_a_text, self._moves[at_a_text]):
                self.to_fall.remove(blow)
                return blow
        return None


@dataclass(frozen=True)
class ShakenPlay:
    """What a test of a played plan needs besides the player."""

    clinic: PlayedClinic
    clock: ShakenClock
    phone: Phone
    staff: Staff
    plan_id: str


@asynccontextmanager
async def shaken_play(
    parts: ShakenStack, form: dict[str, Any], blows: Sequence[Blow], weeks: int
) -> AsyncIterator[ShakenPlay]:
    """A plan taken in by the clinic's API, ready to be played for some weeks."""
    stack, known = parts.stack, parts.stack.variables
    client = await connect(
        Settings(
            temporal_address=known["TEMPORAL_ADDRESS"],
            encryption_key_list=SecretStr(known["LIMBER_ENCRYPTION_KEYS"]),
        )
    )
    engine = create_engine(known["DATABASE_URL"], application_name="limber tests")
    staff = Staff(stack.api_url, known["LIMBER_API_TOKEN"])
    phone = Phone(stack.gateway_url or "", form["client"]["mobile"])
    try:
        plan_id = str((await staff.take_intake(form, "shaken"))["plan_id"])
        watch = PlanWatch(engine, client, plan_id)
        clock = ShakenClock(client, watch, parts, blows, weeks)
        yield ShakenPlay(PlayedClinic(staff, clock, watch, form["screening"]), clock, phone, staff, plan_id)
    finally:
        await staff.close()
        await phone.close()
        await engine.dispose()


async def withdraw(stack: Stack, plan_id: str) -> None:
    """The client rings and stops."""
    async with httpx2.AsyncClient(base_url=stack.api_url, timeout=30) as http:
        token = {"Authorization": f"Bearer {stack.variables['LIMBER_API_TOKEN']}"}
        answer = await http.post(f"/api/v1/plans/{plan_id}/withdraw", json={}, headers=token)
        assert answer.status_code == 200, answer.text
