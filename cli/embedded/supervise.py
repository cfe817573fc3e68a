"""Keep servers running: start in order, restart what falls, stop in reverse."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Protocol

from cli.embedded.errors import StackError
from cli.embedded.terminal import Terminal

_FIRST_DELAY = timedelta(seconds=1)
_LONGEST_DELAY = timedelta(seconds=30)
_STEADY = timedelta(seconds=60)
_LOOK_SECONDS = 0.25


class Server(Protocol):
    """What the supervisor needs of a part."""

    @property
    def name(self) -> str:
        """What people call it."""

    def start(self) -> object:
        """Start it and return once it is ready; ``StackError`` otherwise."""

    def running(self) -> bool:
        """Whether it is alive now."""

    def stop(self) -> None:
        """Stop it in good order; nothing if it is not running."""

    def kill(self) -> None:
        """End it at once."""


@dataclass
class Backoff:
    """The wait before the next restart: doubling up to half a minute, forgotten after a steady minute."""

    delay: timedelta = _FIRST_DELAY
    ready_since: float | None = None

    def next_delay(self, now: float) -> timedelta:
        """The wait before a restart, for a server found dead at ``now`` (monotonic seconds)."""
        if self.ready_since is not None and now - self.ready_since > _STEADY.total_seconds():
            self.delay = _FIRST_DELAY
        chosen = self.delay
        self.delay = min(self.delay * 2, _LONGEST_DELAY)
        self.ready_since = None
        return chosen


class Supervisor:
    """The servers that were started, in order."""

    def __init__(self, terminal: Terminal) -> None:
        self._terminal = terminal
        self._servers: list[Server] = []
        self._backoffs: dict[str, Backoff] = {}
        self._due: dict[str, float] = {}

    def adopt(self, server: Server) -> None:
        """Take responsibility for a server, before it is started, so that a start cut short is cleaned up."""
        self._servers.append(server)
        self._backoffs[server.name] = Backoff(ready_since=time.monotonic())

    def start(self, server: Server) -> None:
        """Adopt and start one server, showing the seconds it takes."""
        self.adopt(server)
        with self._terminal.step(server.name):
            server.start()

    def watch(self, beside: Callable[[], None] | None = None) -> None:
        """Restart what falls, for ever; ends by the exception that a signal raises. Each round looks `beside` too."""
        while True:
            if beside is not None:
                beside()
            for server in self._servers:
                self.look_at(server, time.monotonic())
            time.sleep(_LOOK_SECONDS)

    def look_at(self, server: Server, now: float) -> None:
        """Note a fallen server and, when its wait is over at ``now`` (monotonic seconds), start it again."""
        if server.running():
            return
        backoff = self._backoffs[server.name]
        if server.name not in self._due:
            delay = backoff.next_delay(now)
            self._due[server.name] = now + delay.total_seconds()
            self._terminal.say(
                f"{server.name} stopped unexpectedly; starting it again in {delay.total_seconds():.0f} s",
                style="yellow",
            )
        if now < self._due[server.name]:
            return
        del self._due[server.name]
        try:
            with self._terminal.step(server.name):
                server.stop()
                server.start()
            backoff.ready_since = time.monotonic()
        except StackError as error:
            self._terminal.say(str(error), style="red")

    def stop(self) -> None:
        """Stop every server, the last started first."""
        for server in reversed(self._servers):
            if server.running():
                with self._terminal.step(f"stopping {server.name}"):
                    server.stop()
            else:
                server.stop()

    def kill(self) -> None:
        """End every server at once: the person pressed Ctrl-C again."""
        for server in reversed(self._servers):
            server.kill()

    @property
    def servers(self) -> Sequence[Server]:
        """The adopted servers in starting order."""
        return tuple(self._servers)
