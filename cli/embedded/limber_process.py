"""A `limber` command (worker, api, gateway, migrate) as a child process that can say when it is ready."""

import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from cli.embedded.child import Child
from cli.embedded.errors import StackError, log_tail
from cli.embedded.readiness import answers

# Above the 30 s in which a worker lets running activities finish.
_STOP_SECONDS = 40.0
_LITTLE_MEMORY = {"MALLOC_ARENA_MAX": "2"}
"""glibc gives each of a worker's many threads a heap of its own otherwise, and every one keeps what it once had."""


def limber_child(name: str, arguments: Sequence[str], environment: Mapping[str, str], logs: Path) -> Child:
    """The child for ``limber <arguments>``, run by this very interpreter."""
    return Child(
        name=name,
        argv=[sys.executable, "-P", "-m", "cli.main", *arguments],
        log=logs / f"{arguments[0]}.log",
        environment={**_LITTLE_MEMORY, **environment},
        working_folder=Path.cwd(),
    )


class LimberProcess:
    """A long-lived command, ready when ``ready_url`` answers 200."""

    def __init__(self, child: Child, ready_url: str, ready_seconds: float = 60.0) -> None:
        self.name = child.name
        self._child = child
        self._ready_url = ready_url
        self._ready_seconds = ready_seconds

    def launch(self) -> None:
        """Start it without waiting; several can warm up side by side."""
        self._child.start()

    def await_ready(self) -> None:
        """Wait until it is ready; raises ``StackError`` with its log's tail if it ends or takes too long."""
        self._child.wait_until(
            lambda: answers(self._ready_url),
            self._ready_seconds,
            hint=f"see the log above; `limber doctor` looks at each part ({self._ready_url} was asked)",
        )

    def start(self) -> None:
        """Launch it and wait until it is ready."""
        self.launch()
        self.await_ready()

    def running(self) -> bool:
        """Whether the process is alive now."""
        return self._child.running()

    def exit_code(self) -> int | None:
        """None while it runs, else its exit code."""
        return self._child.exit_code()

    def stop(self) -> None:
        """Let it finish what it holds, at most 40 seconds."""
        self._child.stop(_STOP_SECONDS)

    def kill(self) -> None:
        """End it at once."""
        self._child.kill()


def run_to_end(child: Child, timeout: float) -> None:
    """Run a command that ends by itself; ``StackError`` with its log's tail unless it ends well."""
    child.start()
    try:
        code = child.wait(timeout)
    except BaseException:
        child.kill()
        raise
    if code is None:
        child.stop(timeout=5)
        reason = f"it did not finish in {timeout:.0f} s"
    elif code != 0:
        reason = f"it ended with code {code}"
    else:
        return
    raise StackError(
        child.name,
        f"{reason}; its log {child.log} ends with\n{log_tail(child.log)}",
        "mend that, then start again",
    )
