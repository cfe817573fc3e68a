"""A command that runs once beside the servers, and whose lines the person at the terminal reads as they come."""

from __future__ import annotations

from cli.embedded.child import Child
from cli.embedded.terminal import Terminal

_STOP_SECONDS = 5.0


class Errand:
    """A child that ends by itself. What it says is shown under its name; how it fails too, and the clinic goes on."""

    def __init__(self, child: Child, terminal: Terminal) -> None:
        self._child = child
        self._terminal = terminal
        self._shown = 0
        self._over = True

    def start(self) -> None:
        """Begin; the lines of earlier times are not shown again."""
        self._shown = self._child.log.stat().st_size if self._child.log.exists() else 0
        self._child.start()
        self._over = False

    def look(self) -> None:
        """Show what it has said since the last look, and at the end that it failed, if it did."""
        if self._over:
            return
        code = self._child.exit_code()
        for line in self._new_lines():
            self._terminal.say(f"{self._child.name}: {line}", style="dim")
        if code is not None:
            self._over = True
            if code != 0:
                log = self._child.log
                self._terminal.say(f"{self._child.name} ended with code {code}; see {log}", style="yellow")

    def stop(self) -> None:
        """End it if it is still under way."""
        self._child.stop(_STOP_SECONDS)

    def _new_lines(self) -> list[str]:
        with self._child.log.open("rb") as log:
            log.seek(self._shown)
            new = log.read()
        whole = new[: new.rfind(b"\n") + 1]
        self._shown += len(whole)
        lines = whole.decode("utf-8", "replace").splitlines()
        return [line for line in lines if line and not line.startswith(("{", " ", "Traceback"))]
