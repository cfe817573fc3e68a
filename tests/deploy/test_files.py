"""Nothing in the repository names a registry, a secret, or a place on one person's machine."""

from __future__ import annotations

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

_VENDORED = re.compile(r"\.(js|css|svg|png|woff2|json)$|^tests/.*/histories/")
_FORBIDDEN = {
    "a package registry": re.compile(
        r"--(extra-)?index-url|https?://[^\s\"'/]*(pypi\.org|pythonhosted|npmjs\.org|registry)[^\s\"']*"
    ),
    "a path of one machine": re.compile(r"(?<![\w.])/(work|root|home/\w+|Users/\w+)/"),
    "a private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "a Twilio account that could be real": re.compile(r"\bAC(?!0{32}|[xX])[0-9a-f]{32}\b"),
}


def _tracked(root: Path) -> Iterator[tuple[str, str]]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=root, capture_output=True, text=True, check=False)
    if listed.returncode != 0:
        pytest.skip("this is not a git checkout, so there is no list of its files")
    for name in filter(None, listed.stdout.split("\0")):
        path = root / name
        if path.is_file() and not _VENDORED.search(name) and path != Path(__file__):
            try:
                yield name, path.read_text()
            except UnicodeDecodeError:
                continue


@pytest.mark.parametrize("what", _FORBIDDEN)
def test_no_file_names(root: Path, what: str) -> None:
    found = [
        f"{name}:{number}: {line.strip()[:120]}"
        for name, text in _tracked(root)
        for number, line in enumerate(text.splitlines(), start=1)
        if _FORBIDDEN[what].search(line)
    ]
    assert not found, f"{what}:\n" + "\n".join(found)


def test_every_test_file_has_a_name_of_its_own(root: Path) -> None:
    seen: dict[str, Path] = {}
    for path in sorted((root / "tests").rglob("test_*.py")):
        other = seen.setdefault(path.name, path)
        assert other == path, f"{path} and {other}: pytest imports only one of them; rename one"
