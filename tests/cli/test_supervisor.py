"""A part of the clinic that falls is started again; a clinic that closes leaves nothing running."""

import io
import signal
import sys
import time
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import psutil  # type: ignore[import-untyped]
import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from cli.embedded.child import Child
from cli.embedded.errors import StackError
from cli.embedded.limber_process import LimberProcess, run_to_end
from cli.embedded.ports import LOOPBACK, free_ports
from cli.embedded.supervise import Backoff, Supervisor
from cli.embedded.terminal import Terminal

_SERVES = """
import http.server, sys
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200); self.send_header("Content-Length", "0"); self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""


def _terminal() -> tuple[Terminal, io.StringIO]:
    written = io.StringIO()
    return Terminal(Console(file=written, width=200)), written


def _child(folder: Path, code: str, *arguments: str, stop_signal: signal.Signals = signal.SIGTERM) -> Child:
    return Child(
        name="stand-in",
        argv=[sys.executable, "-c", code, *arguments],
        log=folder / "logs" / "stand-in.log",
        environment={},
        stop_signal=stop_signal,
    )


@dataclass
class _Scripted:
    """A part that notes what is done to it."""

    name: str
    notes: list[str]
    alive: bool = False
    failures: list[StackError] = field(default_factory=list)

    def start(self) -> None:
        self.notes.append(f"start {self.name}")
        if self.failures:
            raise self.failures.pop()
        self.alive = True

    def running(self) -> bool:
        return self.alive

    def stop(self) -> None:
        self.alive = False
        self.notes.append(f"stop {self.name}")

    def kill(self) -> None:
        self.alive = False


def test_a_killed_worker_is_ready_again_and_the_terminal_says_so(clinic_folder: Path) -> None:
    (port,) = free_ports(1)
    worker = LimberProcess(_child(clinic_folder, _SERVES, str(port)), f"http://{LOOPBACK}:{port}/healthz")
    terminal, written = _terminal()
    supervisor = Supervisor(terminal)
    supervisor.start(worker)
    try:
        worker.kill()
        fell_at = time.monotonic()
        supervisor.look_at(worker, fell_at)
        assert not worker.running(), "it waits before it starts again"
        supervisor.look_at(worker, fell_at + 1)
        assert worker.running()
        assert "stand-in stopped unexpectedly; starting it again in 1 s" in written.getvalue()
    finally:
        supervisor.stop()
    assert not worker.running()


def test_the_clinic_closes_in_the_reverse_order_of_its_opening() -> None:
    notes: list[str] = []
    supervisor = Supervisor(_terminal()[0])
    for name in ("PostgreSQL", "Temporal", "worker"):
        supervisor.start(_Scripted(name, notes))
    supervisor.stop()
    assert notes[3:] == ["stop worker", "stop Temporal", "stop PostgreSQL"]


def test_a_part_that_cannot_start_again_is_explained_and_tried_later() -> None:
    terminal, written = _terminal()
    supervisor = Supervisor(terminal)
    api = _Scripted("API", [])
    supervisor.start(api)
    api.alive, api.failures = False, [StackError("API", "port 8000 is not free", "stop that program")]
    for now in (0.0, 1.0):
        supervisor.look_at(api, now)
    assert "port 8000 is not free" in written.getvalue()
    assert not api.running()
    for now in (1.0, 3.0):
        supervisor.look_at(api, now)
    assert api.running()


@given(st.integers(min_value=1, max_value=40))
def test_a_part_that_keeps_falling_waits_longer_but_never_more_than_half_a_minute(falls: int) -> None:
    backoff = Backoff()
    waits = [backoff.next_delay(now=0.0) for _ in range(falls)]
    assert waits == sorted(waits)
    assert waits[0] == timedelta(seconds=1)
    assert waits[-1] <= timedelta(seconds=30)


def test_after_a_steady_minute_an_old_fall_is_forgotten() -> None:
    backoff = Backoff(delay=timedelta(seconds=30), ready_since=0.0)
    assert backoff.next_delay(now=61.0) == timedelta(seconds=1)


def test_a_part_that_dies_before_it_is_ready_is_quoted(clinic_folder: Path) -> None:
    worker = LimberProcess(
        _child(clinic_folder, "raise SystemExit('no key to read plans')"), "http://127.0.0.1:1/"
    )
    with pytest.raises(StackError, match=r"ended with code 1 before it was ready(.|\n)*no key to read plans"):
        worker.start()


def test_a_part_that_never_gets_ready_is_given_up_and_named(clinic_folder: Path) -> None:
    child = _child(clinic_folder, "import signal; signal.pause()")
    child.start()
    try:
        with pytest.raises(StackError, match="it was not ready after 0 s"):
            child.wait_until(lambda: False, timeout=0.05, hint="look at the log")
    finally:
        child.stop()


def test_a_part_that_does_not_listen_is_ended_with_all_it_started(clinic_folder: Path) -> None:
    stubborn = (
        "import signal, subprocess, sys; signal.signal(signal.SIGTERM, signal.SIG_IGN);"
        "print(subprocess.Popen([sys.executable, '-c', 'import signal; signal.pause()']).pid, flush=True);"
        "signal.pause()"
    )
    child = _child(clinic_folder, stubborn)
    child.start()
    child.wait_until(lambda: child.log.read_text().endswith("\n"), timeout=10, hint="")
    grandchild = psutil.Process(int(child.log.read_text()))
    child.stop(timeout=0.1)
    assert not child.running()
    psutil.wait_procs([grandchild], timeout=5)
    assert not grandchild.is_running() or grandchild.status() == psutil.STATUS_ZOMBIE


def test_migrations_that_fail_are_quoted(clinic_folder: Path) -> None:
    with pytest.raises(StackError, match=r"ended with code 1(.|\n)*relation already exists"):
        run_to_end(_child(clinic_folder, "raise SystemExit('relation already exists')"), timeout=10)


def test_a_command_that_does_not_exist_is_named(clinic_folder: Path) -> None:
    child = Child("gateway", ["/nowhere/gateway"], clinic_folder / "gateway.log", environment={})
    with pytest.raises(StackError, match="/nowhere/gateway could not be started: No such file"):
        child.start()


def test_a_long_log_makes_room_for_a_new_one(clinic_folder: Path) -> None:
    child = _child(clinic_folder, "print('today')")
    child.log.parent.mkdir()
    child.log.write_bytes(b"x" * 6_000_000)
    child.start()
    child.wait(10)
    assert child.log.read_text() == "today\n"
    assert child.log.with_suffix(".old.log").stat().st_size == 6_000_000
