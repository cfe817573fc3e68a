"""The clinic's clock: the world's, unless a demo has moved it ahead (`limber up --demo`).

The demo's moves are lines of a file that all processes of one machine read; outside a demo there is no file.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
from bisect import bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

_NOT_AHEAD: Final = timedelta()


class ClinicClock:
    """Reads the clinic's time, and moves it. `moves` None: it is the world's time for good."""

    def __init__(self, moves: Path | None) -> None:
        self._path = moves
        self._read = 0
        self._since: list[datetime] = []
        self._ahead: list[timedelta] = []

    def now(self) -> datetime:
        """The clinic's present."""
        return datetime.now(UTC) + self.ahead()

    def ahead(self) -> timedelta:
        """How far the clinic is ahead of the world."""
        self._catch_up()
        return self._ahead[-1] if self._ahead else _NOT_AHEAD

    def shown(self, real: datetime) -> datetime:
        """What the clinic's clock showed at a moment of the world's."""
        self._catch_up()
        before = bisect_right(self._since, real)
        return real + (self._ahead[before - 1] if before else _NOT_AHEAD)

    def move_to(self, moment: datetime) -> None:
        """From now on it is `moment`, and time goes on from there; an earlier one changes nothing.

        Raises ValueError for a clock that cannot be moved.
        """
        if self._path is None:
            raise ValueError("the clinic's clock moves in a demo only: start it with `limber up`")
        real = datetime.now(UTC)
        ahead = moment - real
        if ahead <= self.ahead():
            return
        line = json.dumps({"at": real.isoformat(), "ahead": ahead.total_seconds()})
        with self._path.open("a", encoding="ascii") as file:
            file.write(f"{line}\n")

    @contextlib.contextmanager
    def held(self) -> Iterator[bool]:
        """Take time into one's hands: True for whoever has it alone until the block ends, False for others."""
        if self._path is None:
            yield False
            return
        with self._lock_file.open("a") as lock:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                yield False
                return
            yield True

    @property
    def moving(self) -> bool:
        """Whether somebody has time in their hands."""
        if self._path is None or not self._lock_file.exists():
            return False
        with self.held() as free:
            return not free

    @property
    def _lock_file(self) -> Path:
        return (self._path or Path()).with_suffix(".lock")

    def _catch_up(self) -> None:
        if self._path is None:
            return
        try:
            if self._path.stat().st_size == self._read:
                return
        except FileNotFoundError:
            return
        with self._path.open("rb") as file:
            file.seek(self._read)
            new = file.read()
        whole = new[: new.rfind(b"\n") + 1]  # a line that is being written is read the next time
        self._read += len(whole)
        for line in whole.splitlines():
            move = json.loads(line)
            self._since.append(datetime.fromisoformat(move["at"]))
            self._ahead.append(timedelta(seconds=move["ahead"]))
