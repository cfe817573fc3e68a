"""`limber up` as a child process in a folder of its own, for measurements of the whole stack."""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.stage import running
from cli.embedded.child import Child
from cli.embedded.ports import free_ports

_OURS = (
    "DATABASE_URL",
    "TEMPORAL_ADDRESS",
    "TWILIO_ACCOUNT_SID",
    "TWILIO_AUTH_TOKEN",
    "LIMBER_TWILIO_API_URL",
)


@dataclass(frozen=True)
class RunningStack:
    """A clinic that `limber up` runs: its process, and what it wrote for programs."""

    pid: int
    connection: dict[str, Any]


@contextlib.contextmanager
def limber_up(folder: Path) -> Iterator[RunningStack]:
    """The whole clinic over this data folder, open when the block begins, stopped in order at its end.

    The demo's clients stay away: their coming is work of its own.
    """
    api, gateway, temporal, temporal_ui = free_ports(4)
    ports = {
        "--port": api,
        "--gateway-port": gateway,
        "--temporal-port": temporal,
        "--temporal-ui-port": temporal_ui,
    }
    options = [part for option, port in ports.items() for part in (option, str(port))]
    child = Child(
        name="limber up",
        argv=[
            sys.executable,
            "-P",
            "-m",
            "cli.main",
            "up",
            "--no-clients",
            "--data-dir",
            str(folder),
            *options,
        ],
        log=folder.parent / f"{folder.name}.log",
        environment={name: value for name, value in os.environ.items() if name not in _OURS},
        working_folder=Path.cwd(),
    )
    connection = folder / "connection.json"  # the last thing that a start writes
    connection.unlink(missing_ok=True)
    with running(child, connection.exists, stop_within=60):
        yield RunningStack(child.pid, json.loads(connection.read_text(encoding="utf-8")))
