"""The machine under the clinic: Python, time zones, disk, the servers' binaries, the ports."""

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from cli.embedded.account import unprivileged_account
from cli.embedded.checkup.finding import Finding, State
from cli.embedded.data_directory import DataDirectory
from cli.embedded.errors import StackError
from cli.embedded.ports import accepts, require_free
from cli.embedded.postgres_binaries import find_postgres
from cli.embedded.postgres_cluster import refuse_other_major
from cli.embedded.temporal import find_temporal
from schemas.settings import Settings

_OLDEST_PYTHON = (3, 11)
_ZONE = "Europe/London"
_LITTLE_SPACE = 1_000_000_000


def look_at_machine(settings: Settings, directory: DataDirectory) -> Iterator[Finding]:
    """Everything that can be seen without talking to a server."""
    yield _python()
    yield _time_zones()
    yield _data_directory(directory.folder)
    yield _encryption_keys(settings, directory)
    if settings.database_url is None:
        yield _postgres(directory.folder)
    if settings.temporal_address is None:
        yield _temporal()
    yield _port(settings, directory)


def _python() -> Finding:
    found = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info[:2] < _OLDEST_PYTHON:
        return Finding("Python", State.BAD, f"{found} is older than 3.11", "install Python 3.11 or newer")
    return Finding("Python", State.GOOD, f"{found} in {sys.prefix}")


def _time_zones() -> Finding:
    try:
        ZoneInfo(_ZONE)
    except ZoneInfoNotFoundError:
        return Finding(
            "time zones", State.BAD, f"{_ZONE} is unknown: no time zone data", "pip install --upgrade tzdata"
        )
    return Finding("time zones", State.GOOD, f"{_ZONE} is known")


def _data_directory(folder: Path) -> Finding:
    if not folder.exists():
        return Finding("data directory", State.OFF, f"{folder} is not there yet; `limber up` makes it")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Finding(
            "data directory",
            State.BAD,
            f"{folder} belongs to user {folder.stat().st_uid} and is closed to us",
            f"run as that user, or `chown -R {os.geteuid()} {folder}`",
        )
    free = shutil.disk_usage(folder).free
    if free < _LITTLE_SPACE:
        return Finding(
            "data directory", State.WARNING, f"{free // 1_000_000} MB are free on its disk", "make room"
        )
    return Finding("data directory", State.GOOD, f"{folder}, {free // 1_000_000_000} GB free")


def _encryption_keys(settings: Settings, directory: DataDirectory) -> Finding:
    if settings.encryption_keys:
        active = settings.encryption_keys[0].key_id
        return Finding("encryption keys", State.GOOD, f"{len(settings.encryption_keys)}; {active!r} encrypts")
    if directory.read("credentials.json") is not None:
        return Finding("encryption keys", State.GOOD, f"kept in {directory.folder / 'credentials.json'}")
    return Finding("encryption keys", State.OFF, "none yet; `limber up` makes and keeps one")


def _postgres(folder: Path) -> Finding:
    try:
        binaries = find_postgres()
        account = unprivileged_account(folder / "postgres")
        refuse_other_major(folder / "postgres", binaries)
    except StackError as error:
        return Finding("PostgreSQL server", State.BAD, error.reason, error.way_out)
    runs_as = f", run as {account.name}" if account else ""
    return Finding("PostgreSQL server", State.GOOD, f"{binaries.version} from {binaries.origin}{runs_as}")


def _temporal() -> Finding:
    try:
        binary = find_temporal()
    except StackError as error:
        return Finding("Temporal server", State.BAD, error.reason, error.way_out)
    return Finding("Temporal server", State.GOOD, str(binary))


def _port(settings: Settings, directory: DataDirectory) -> Finding:
    part = f"port {settings.api_port}"
    if directory.in_use():
        if accepts(settings.api_port):
            return Finding(part, State.GOOD, "our API listens on it")
        return Finding(
            part, State.BAD, "`limber up` runs and nothing listens", f"see {directory.folder}/logs/api.log"
        )
    try:
        require_free(settings.api_port, "the API", "--port")
    except StackError as error:
        return Finding(part, State.WARNING, error.reason, error.way_out)
    return Finding(part, State.GOOD, "free for the API")
