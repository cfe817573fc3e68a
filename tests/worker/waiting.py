"""Waiting for another process without guessing how long it takes."""

import asyncio
import subprocess
import time
from collections.abc import Awaitable, Callable

PATIENCE = 40.0


async def until(
    holds: Callable[[], bool | Awaitable[bool]], process: subprocess.Popen[str] | None = None
) -> None:
    """Ask again and again until it holds; if it never does, the process's log says why."""
    deadline = time.monotonic() + PATIENCE
    while True:
        answer = holds()
        if await answer if isinstance(answer, Awaitable) else answer:
            return
        if time.monotonic() > deadline or (process is not None and process.poll() is not None):
            raise AssertionError(f"this never came true; the process said: {_log(process)}")
        await asyncio.sleep(0.05)


def _log(process: subprocess.Popen[str] | None) -> str:
    if process is None:
        return "nothing"
    process.kill()
    return process.communicate()[1]
