"""`limber up`: the whole clinic opens with one command, closes without a trace, and finds everything again."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil  # type: ignore[import-untyped]
import psycopg
import pytest
from rich.console import Console

from cli.embedded.data_directory import DataDirectory
from cli.embedded.ports import LOOPBACK, free_ports
from cli.embedded.readiness import answers
from cli.embedded.stack import Stack
from cli.embedded.stack_ports import StackPorts
from cli.embedded.terminal import Terminal
from schemas.settings import Settings

pytestmark = pytest.mark.slow

_OPEN = "The clinic is open"
_CONNECTION_KEYS = {
    "api_url",
    "console_url",
    "gateway_url",
    "twilio",
    "api_token",
    "temporal_address",
    "database_url",
}
_OURS = ("LIMBER_", "TWILIO_", "TEMPORAL_", "DATABASE_")


@contextmanager
def _clinic(folder: Path, port: int) -> Iterator[tuple[subprocess.Popen[str], list[psutil.Process]]]:
    """An open clinic and its child processes; ended without mercy if the test did not end it."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    with subprocess.Popen(
        [sys.executable, "-m", "cli.main", "up", "--port", str(port), "--data-dir", str(folder)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env=environment,
    ) as stack:
        try:
            assert stack.stdout is not None
            said: list[str] = []
            for line in stack.stdout:
                said.append(line)
                if _OPEN in line:
                    break
            else:
                pytest.fail("".join(said))
            yield stack, psutil.Process(stack.pid).children(recursive=True)
        finally:
            parts = psutil.Process(stack.pid).children(recursive=True) if stack.poll() is None else []
            stack.kill()
            _gone(parts)


def _connection(folder: Path) -> dict[str, Any]:
    return dict(json.loads((folder / "connection.json").read_text()))


def _gone(processes: list[psutil.Process]) -> bool:
    _, alive = psutil.wait_procs(processes, timeout=20)
    return not [process for process in alive if process.status() != psutil.STATUS_ZOMBIE]


def test_a_clinic_opens_closes_without_a_trace_and_finds_everything_again(clinic_folder: Path) -> None:
    (port,) = free_ports(1)
    with _clinic(clinic_folder, port) as (stack, parts):
        connection = _connection(clinic_folder)
        assert connection.keys() >= _CONNECTION_KEYS
        assert answers(f"{connection['api_url']}/readyz")
        assert answers(f"{connection['gateway_url']}/healthz")
        with psycopg.connect(connection["database_url"], autocommit=True) as database:
            database.execute("create table kept_over_a_restart ()")
        stack.send_signal(signal.SIGINT)
        assert stack.wait(60) == 0
        assert _gone(parts)

    with _clinic(clinic_folder, port) as (stack, parts):
        again = _connection(clinic_folder)
        assert again["twilio"] == connection["twilio"]
        assert again["api_token"] == connection["api_token"]
        with psycopg.connect(again["database_url"]) as database:
            database.execute("select from kept_over_a_restart")
        stack.kill()
        stack.wait(10)
        assert _gone(parts), "a killed clinic leaves no part running"


def test_a_second_clinic_on_the_same_port_is_told_who_has_it_and_what_to_type(clinic_folder: Path) -> None:
    (port,) = free_ports(1)
    with _clinic(clinic_folder, port):
        second = subprocess.run(
            [
                sys.executable,
                "-m",
                "cli.main",
                "up",
                "--port",
                str(port),
                "--data-dir",
                str(clinic_folder / "b"),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
        assert second.returncode == 1
        assert f"port {port} on 127.0.0.1 is not free" in second.stderr
        assert f"--port {port + 1}" in second.stderr


def _all_but_the_gateways() -> StackPorts:
    api, temporal, temporal_ui, metrics, mail = free_ports(5)
    return StackPorts(api, None, temporal, temporal_ui, metrics, mail)


@pytest.mark.parametrize(
    ("ports", "part", "address"),
    [
        pytest.param(_all_but_the_gateways, "SMS gateway", "gateway_url", id="the gateway's usual one"),
        pytest.param(
            lambda: StackPorts(usual=False), "API and console", "api_url", id="one that nobody asked for"
        ),
    ],
)
def test_a_port_lost_to_another_program_while_the_clinic_opens_is_exchanged_for_a_free_one(
    clinic_folder: Path, ports: Callable[[], StackPorts], part: str, address: str
) -> None:
    said = io.StringIO()
    terminal = Terminal(Console(file=said))
    stack = Stack(DataDirectory(clinic_folder), Settings(), ports(), terminal, demo=False)
    lost = str(getattr(stack, address))
    with socket.create_server((LOOPBACK, int(lost.rpartition(":")[2]))):
        try:
            stack.start()
            found = str(getattr(stack, address))
            assert found != lost
            assert answers(f"{found}/healthz")
            assert _connection(clinic_folder)[address] == found
        finally:
            stack.supervisor.stop()
    assert f"{part}: another program took its port" in said.getvalue()
