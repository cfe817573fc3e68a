"""Folders that the unprivileged database account can reach; pytest's own are closed to it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.embedded.postgres import EmbeddedPostgres


def _open_folder() -> Path:
    folder = Path(tempfile.mkdtemp(prefix="limber-test-"))
    folder.chmod(0o711)
    return folder


@pytest.fixture
def clinic_folder() -> Iterator[Path]:
    """A fresh data directory."""
    folder = _open_folder()
    yield folder
    shutil.rmtree(folder)


@pytest.fixture(scope="module")
def kept_folder() -> Iterator[Path]:
    """A data directory with a cluster in it, made once for the module; the server is stopped."""
    folder = _open_folder()
    with EmbeddedPostgres(folder):
        pass
    yield folder
    shutil.rmtree(folder)
