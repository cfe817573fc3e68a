"""The image holds what production needs, pinned, and nothing of the embedded stack."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

_PIN = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+) \\$", re.MULTILINE)


def _pins(file: Path) -> dict[str, str]:
    return {canonicalize_name(name): version for name, version in _PIN.findall(file.read_text())}


@pytest.fixture(scope="module")
def project(root: Path) -> dict[str, Any]:
    return tomllib.loads((root / "pyproject.toml").read_text())


@pytest.mark.parametrize(
    ("file", "extras"),
    [("constraints-prod.txt", []), ("constraints.txt", ["local"]), ("constraints-dev.txt", ["local", "dev"])],
)
def test_every_dependency_is_pinned_within_its_bounds(
    root: Path, project: dict[str, Any], file: str, extras: list[str]
) -> None:
    pins = _pins(root / file)
    optional = project["project"]["optional-dependencies"]
    for text in [*project["project"]["dependencies"], *(one for extra in extras for one in optional[extra])]:
        needed = Requirement(text)
        pinned = pins.get(canonicalize_name(needed.name))
        assert pinned is not None, f"{needed.name} is not in {file}: run make lock"
        assert needed.specifier.contains(pinned), f"{needed} is pinned to {pinned}: run make lock"


def test_what_runs_in_production_is_what_was_tested(root: Path) -> None:
    tested = _pins(root / "constraints-dev.txt")
    for name, version in _pins(root / "constraints-prod.txt").items():
        assert tested[name] == version, name


def test_production_carries_no_embedded_servers_and_no_test_runner(
    root: Path, project: dict[str, Any]
) -> None:
    shipped = _pins(root / "constraints-prod.txt")
    local = {
        canonicalize_name(Requirement(text).name)
        for text in project["project"]["optional-dependencies"]["local"]
    }
    assert not (local | {"pytest", "mypy", "ruff"}) & shipped.keys()


def test_every_package_reaches_the_image(root: Path, project: dict[str, Any]) -> None:
    let_in = {
        line[1:]
        for line in (root / "deploy/Dockerfile.dockerignore").read_text().splitlines()
        if line.startswith("!")
    }
    packages = {
        pattern.rstrip("*") for pattern in project["tool"]["setuptools"]["packages"]["find"]["include"]
    }
    assert packages <= let_in
    assert {"pyproject.toml", "README.md", "constraints-prod.txt"} <= let_in
