"""The repository's own files, and the deployment as Compose understands it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def root() -> Path:
    """The top of the repository."""
    return Path(__file__).parents[2]


@pytest.fixture(scope="session")
def deployment(root: Path) -> dict[str, Any]:
    """docker-compose.yml with every variable filled in, monitoring included, by the real Compose."""
    compose = Path(sys.executable).with_name("docker-compose")
    told = subprocess.run(
        [
            compose,
            "--env-file",
            "deploy/example.env",
            "--profile",
            "monitoring",
            "config",
            "--format",
            "json",
        ],
        cwd=root,
        env={"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")},
        capture_output=True,
        text=True,
        check=True,
    )
    parsed: dict[str, Any] = json.loads(told.stdout)
    return parsed


@pytest.fixture(scope="session")
def services(deployment: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """The services of the deployment by name."""
    found: dict[str, dict[str, Any]] = deployment["services"]
    return found
