"""`limber worker` as a child process."""

import base64
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cli.embedded.ports import free_ports
from cli.embedded.temporal import EmbeddedTemporal
from messaging.gateway.testing import RunningGateway

Environment = dict[str, str]

KEYS = "test:" + base64.b64encode(bytes(range(32))).decode()


def environment_of(database_url: str, temporal: EmbeddedTemporal, gateway: RunningGateway) -> Environment:
    """What a worker needs to know to find these servers."""
    [port] = free_ports(1)
    return {
        "PATH": os.environ["PATH"],
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal.address,
        "TWILIO_ACCOUNT_SID": gateway.account_sid,
        "TWILIO_AUTH_TOKEN": gateway.auth_token,
        "TWILIO_FROM": gateway.number,
        "LIMBER_TWILIO_API_URL": gateway.url,
        "LIMBER_ENCRYPTION_KEYS": KEYS,
        "LIMBER_METRICS_PORT": str(port),
        "LIMBER_GRACE_SECONDS": "5",
        "LIMBER_UNDO_SECONDS": "0",
    }


@contextmanager
def limber_worker(environment: Environment) -> Iterator[subprocess.Popen[str]]:
    """A worker process; it is gone after the block."""
    command = [sys.executable, "-m", "cli.main", "worker"]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.wait()
