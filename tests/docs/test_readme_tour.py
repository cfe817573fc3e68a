"""Every command of the README works as written, in the order in which it stands there."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from cli.embedded.ports import free_ports

pytestmark = pytest.mark.slow

_BLOCK = re.compile(r"^```sh\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_CI = {"make check", "make test", "make demo"}
_UP = "make up"
_SECONDS_TO_OPEN = 90


def _blocks(root: Path) -> list[str]:
    return _BLOCK.findall((root / "README.md").read_text())


@pytest.fixture(scope="module")
def clinic(root: Path) -> Iterator[Path]:
    """A folder that looks like the checkout, with data of its own, in which a clinic is open.

    It is opened by what `make up` runs once all is installed: make itself would install into the checkout's
    environment from here.
    """
    with tempfile.TemporaryDirectory(prefix="limber-readme-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # as a checkout is: PostgreSQL runs as nobody when the tests run as root
        yield from _opened(root, folder)


def _opened(root: Path, folder: Path) -> Iterator[Path]:
    for part in root.iterdir():
        if part.name not in (".limber", ".git"):
            (folder / part.name).symlink_to(part)
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("LIMBER_", "TWILIO_", "TEMPORAL_", "DATABASE_URL"))
    }
    with (folder / "up.log").open("w") as log:
        stack = subprocess.Popen(
            [".venv/bin/limber", "up", "--port", str(free_ports(1)[0])],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
        try:
            _await_opening(folder, stack)
            yield folder
        finally:
            if stack.poll() is None:
                os.killpg(stack.pid, signal.SIGINT)
                stack.wait(timeout=60)


def _await_opening(folder: Path, stack: subprocess.Popen[bytes]) -> None:
    told = folder / "up.log"
    give_up = time.monotonic() + _SECONDS_TO_OPEN
    while "The clinic is open" not in told.read_text():
        if stack.poll() is not None or time.monotonic() > give_up:
            pytest.fail(f"`limber up` did not open the clinic:\n{told.read_text()}")
        time.sleep(0.2)


def test_the_long_commands_are_those_that_ci_runs(root: Path) -> None:
    whole = {line for block in _blocks(root) for line in block.splitlines() if line.startswith("make ")}
    assert whole == _CI | {_UP}
    ci = (root / ".ci/run").read_text()
    for command in _CI:
        assert f"part {command}\n" in ci
    makefile = (root / "Makefile").read_text()
    assert "\nup: .venv/.installed\n\t@exec $(BIN)/limber up --port $(PORT)\n" in makefile


def test_the_tour_works_as_written(root: Path, clinic: Path) -> None:
    if shutil.which("curl") is None:
        pytest.skip("the tour asks with curl, which is not on this machine")
    tour = "\n".join(block for block in _blocks(root) if not block.startswith("make "))
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", tour],
        cwd=clinic,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 0, f"{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
    assert "E1  Priya Nair" in done.stdout, done.stdout
    assert "went from active to suspended" in done.stdout, done.stdout
