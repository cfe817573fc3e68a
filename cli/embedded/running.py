"""How another command finds the clinic that `limber up` runs: the environment it gave its parts."""

import json
import os
from collections.abc import Mapping
from pathlib import Path

from cli.embedded.data_directory import DataDirectory

_FILE = "environment.json"


def publish_environment(directory: DataDirectory, environment: Mapping[str, str]) -> None:
    """Leave the parts' environment in the data directory, readable by its owner only."""
    directory.write_private(_FILE, json.dumps(dict(environment), indent=2))


def join_running_stack() -> None:
    """Take over the environment of the clinic running in ``LIMBER_DATA_DIR``, by default ``.limber``.

    Variables that are set already win, and nothing happens when no clinic runs there.
    """
    directory = DataDirectory(Path(os.environ.get("LIMBER_DATA_DIR", ".limber")))
    published = directory.read(_FILE) if directory.in_use() else None
    for name, value in json.loads(published or "{}").items():
        if not os.environ.get(f"{name}_FILE"):
            os.environ.setdefault(name, value)
