"""Where an export goes, and in whose name: a file of the owner's own that was not there before, or stdout."""

from __future__ import annotations

import contextlib
import os
import pwd
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from cli.embedded.errors import StackError

_OWNER_ONLY = 0o600


@contextlib.contextmanager
def destination(out: Path | None) -> Iterator[BinaryIO]:
    """The file to write to; one that is not written to its end is taken away again. Without `out`, stdout.

    Raises StackError where nothing can be written, and for a file that is there: nothing is ever overwritten.
    """
    try:
        if out is None:
            yield sys.stdout.buffer
            sys.stdout.buffer.flush()
        else:
            with _new_file(out) as file:
                yield file
    except BrokenPipeError:
        raise StackError(
            "export", "whoever read it stopped before the end", "give it a file with --out, or read it all"
        ) from None


@contextlib.contextmanager
def _new_file(out: Path) -> Iterator[BinaryIO]:
    try:
        descriptor = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        raise StackError(
            "export",
            f"{out} is there already, and nothing is overwritten",
            "give --out another name, or move that file away",
        ) from None
    except OSError as error:
        raise StackError(
            "export",
            f"{out} cannot be written: {error.strerror}",
            "give --out a name in a folder of your own",
        ) from None
    try:
        with os.fdopen(descriptor, "wb") as file:
            yield file
            file.flush()
            os.fsync(descriptor)
    except BaseException:
        out.unlink(missing_ok=True)
        raise


def whoever_runs_this() -> str:
    """The account of the operating system that this process belongs to, whatever its environment says."""
    uid = os.getuid()
    try:
        account = pwd.getpwuid(uid).pw_name
    except KeyError:  # a container's user may be a number only
        account = str(uid)
    return f"account {account} at the command line"
