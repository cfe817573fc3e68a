"""One server process of ours: it logs to a file, dies with us, and stops when told."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cli.embedded.account import Account, PopenUser
from cli.embedded.errors import StackError, log_tail

_PR_SET_PDEATHSIG = 1
_LOG_BYTES = 5_000_000
_KILLED_SECONDS = 5.0
# Looked up before any fork: a forked child must not load libraries.
_prctl: Callable[..., int] | None = ctypes.CDLL(None).prctl if sys.platform == "linux" else None


def _tie_to_parent(death_signal: signal.Signals) -> Callable[[], None]:
    """What a child runs between fork and exec, so that no process outlives the stack.

    Popen has changed the user by then; the kernel forgets the request at setuid, so the order matters.
    """
    parent = os.getpid()

    def tie() -> None:
        if _prctl is not None:
            _prctl(_PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:  # the parent died before the request was made
                os._exit(1)

    return tie


@dataclass
class Child:
    """A foreground server that runs as our child in its own session.

    Its own session, because a Ctrl-C at the terminal must reach only the supervisor, which then stops
    the parts in order. The kernel sends ``death_signal`` when the *thread* that called ``start`` ends:
    start from a thread that lives as long as the stack.
    """

    name: str
    argv: Sequence[str | Path]
    log: Path
    environment: Mapping[str, str]
    account: Account | None = None
    working_folder: Path = Path("/")
    stop_signal: signal.Signals = signal.SIGTERM
    death_signal: signal.Signals = signal.SIGKILL
    _process: subprocess.Popen[bytes] | None = field(default=None, init=False)

    def start(self) -> None:
        """Start the process; raises ``StackError`` if it cannot even be executed."""
        self.log.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _turn_over(self.log)
        user: PopenUser = {} if self.account is None else self.account.popen_arguments()
        with self.log.open("ab") as log:
            try:
                self._process = subprocess.Popen(
                    [str(part) for part in self.argv],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=subprocess.STDOUT,
                    env=dict(self.environment),
                    cwd=self.working_folder,
                    start_new_session=True,
                    umask=0o077,
                    preexec_fn=_tie_to_parent(self.death_signal),  # noqa: PLW1509 — takes no lock
                    **user,
                )
            except OSError as error:
                raise StackError(
                    self.name,
                    f"{self.argv[0]} could not be started: {error.strerror}",
                    "run `limber doctor`; reinstall with `rm -rf .venv && make up`",
                ) from error

    @property
    def pid(self) -> int:
        """The process id; raises if it was never started."""
        if self._process is None:
            raise StackError(self.name, "it was not started", "call start() first")
        return self._process.pid

    def exit_code(self) -> int | None:
        """None while it runs (or was never started), else the code, negative for a signal."""
        return None if self._process is None else self._process.poll()

    def running(self) -> bool:
        """Whether the process is alive now."""
        return self._process is not None and self._process.poll() is None

    def wait_until(self, ready: Callable[[], bool], timeout: float, hint: str) -> None:
        """Poll ``ready`` until it holds.

        Raises ``StackError`` with the log's tail if the process ends first or ``timeout`` seconds pass.
        """
        deadline = time.monotonic() + timeout
        while not ready():
            code = self.exit_code()
            if code is not None or not self.running():
                reason = f"it ended with code {code} before it was ready"
            elif time.monotonic() > deadline:
                reason = f"it was not ready after {timeout:.0f} s"
            else:
                time.sleep(0.03)
                continue
            raise StackError(self.name, f"{reason}; its log {self.log} ends with\n{log_tail(self.log)}", hint)

    def wait(self, timeout: float) -> int | None:
        """Wait for it to end by itself; its exit code, or None if it still runs after ``timeout`` seconds."""
        if self._process is None:
            return None
        try:
            return self._process.wait(timeout)
        except subprocess.TimeoutExpired:
            return None

    def stop(self, timeout: float = 20.0) -> None:
        """Ask it to stop, wait ``timeout`` seconds, then kill it. Does nothing if it is not running."""
        process = self._process
        if process is None or process.poll() is not None:
            return
        process.send_signal(self.stop_signal)
        try:
            process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.kill()
            process.wait()

    def kill(self) -> None:
        """End it at once, with whatever it started in its session."""
        if self.running():
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            self.wait(_KILLED_SECONDS)


def _turn_over(log: Path) -> None:
    """Keep one older log, so that a clinic left running does not fill the disk over restarts."""
    if log.exists() and log.stat().st_size > _LOG_BYTES:
        log.replace(log.with_suffix(".old.log"))
