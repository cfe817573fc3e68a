"""Guessing passwords is slow: a few wrong ones for an address, then it has to wait."""

from __future__ import annotations

from collections import deque
from datetime import datetime, timedelta
from typing import Final

_TRIES: Final = 8
_WINDOW: Final = timedelta(minutes=10)
_REMEMBERED: Final = 10_000


class LogInLimit:
    """Failed log-ins by address, in this process's memory; argon2 makes each of them slow as well."""

    def __init__(self, tries: int = _TRIES, window: timedelta = _WINDOW) -> None:
        self._tries = tries
        self._window = window
        self._failed: dict[str, deque[datetime]] = {}

    def wait(self, address: str, now: datetime) -> timedelta:
        """How long this address has to wait before the next try; zero if it may try now."""
        failed = self._failed.get(address)
        if failed is None:
            return timedelta()
        while failed and failed[0] <= now - self._window:
            failed.popleft()
        return failed[0] + self._window - now if len(failed) >= self._tries else timedelta()

    def failed(self, address: str, now: datetime) -> None:
        """A wrong password for this address. The address least recently added is forgotten when many are kept."""
        if address not in self._failed and len(self._failed) >= _REMEMBERED:
            self._failed.pop(next(iter(self._failed)))
        self._failed.setdefault(address, deque()).append(now)

    def succeeded(self, address: str) -> None:
        """The right password: earlier slips are forgotten."""
        self._failed.pop(address, None)
