"""The folder that holds one clinic's local state: one stack at a time, private files, whole or not at all."""

import fcntl
import os
from pathlib import Path

from cli.embedded.errors import StackError


class DataDirectory:
    """A clinic's folder, made if missing, and the lock that keeps a second stack out of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self._lock: int | None = None

    def lock(self) -> None:
        """Take the folder for this process's life; raises ``StackError`` if it is taken or closed to us."""
        try:
            self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            descriptor = os.open(self._lock_file, os.O_RDWR | os.O_CREAT, 0o600)
        except OSError as error:
            raise StackError(
                "limber up",
                f"{self.folder} cannot be used: {error.strerror}",
                "run as the user who made it, or choose another folder with --data-dir",
            ) from error
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 20).decode().strip() or "unknown"
            os.close(descriptor)
            raise StackError(
                "limber up",
                f"process {holder} already runs the clinic in {self.folder}",
                "use that one, stop it, or give this one a folder and port of its own: "
                "--data-dir .limber2 --port 8001",
            ) from None
        os.ftruncate(descriptor, 0)
        os.write(descriptor, str(os.getpid()).encode())
        self._lock = descriptor

    def in_use(self) -> bool:
        """Whether a running stack holds the folder."""
        try:
            descriptor = os.open(self._lock_file, os.O_RDWR)
        except OSError:
            return False
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(descriptor)
        return False

    def write_private(self, name: str, text: str) -> Path:
        """Write a 0600 file of the folder so that a reader sees the old text or the new, never a part."""
        target = self.folder / name
        draft = self.folder / f"{name}.new"
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(target)
        return target

    def read(self, name: str) -> str | None:
        """The text of a file of the folder, None if there is none."""
        try:
            return (self.folder / name).read_text()
        except FileNotFoundError:
            return None

    @property
    def _lock_file(self) -> Path:
        return self.folder / "lock"
