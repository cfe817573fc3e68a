"""Twilio's SDK for Node works against the gateway as Twilio's Python SDK does.

The SDK is no dependency of Limber. Where there are node and npm it is installed, as `node/package-lock.json` pins it,
into pytest's cache folder: a few seconds, once.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from messaging.gateway.testing import RunningGateway

HERE = Path(__file__).parent / "node"
PINNED = json.loads((HERE / "package.json").read_text())["dependencies"]["twilio"]
INSTALL = ("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error")
INSTALL_SECONDS = 120


def _installed(folder: Path) -> bool:
    described = folder / "node_modules" / "twilio" / "package.json"
    return described.exists() and json.loads(described.read_text())["version"] == PINNED


@pytest.fixture(scope="module")
def modules(pytestconfig: pytest.Config) -> Path:
    """The folder of Node modules that holds Twilio's SDK; without node, npm or its registry the tests are skipped."""
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            pytest.skip(f"there is no {program} here; install Node.js with npm to try Twilio's Node SDK")
    assert pytestconfig.cache is not None
    folder = pytestconfig.cache.mkdir("twilio-node-sdk")
    if not _installed(folder):
        for name in ("package.json", "package-lock.json"):
            shutil.copy(HERE / name, folder)
        try:
            subprocess.run(
                INSTALL, cwd=folder, capture_output=True, text=True, timeout=INSTALL_SECONDS, check=True
            )
        except subprocess.TimeoutExpired:
            pytest.skip(
                f"npm did not install twilio {PINNED} within {INSTALL_SECONDS} s; is its registry reachable?"
            )
        except subprocess.CalledProcessError as failed:
            pytest.skip(f"npm could not install twilio {PINNED}: {failed.stderr.strip()[-300:]}")
    return folder / "node_modules"


@pytest.fixture
def said(gateway: RunningGateway, modules: Path) -> dict[str, Any]:
    """What the Node program did and saw."""
    ran = subprocess.run(
        [
            "node",
            HERE / "twilio_sdk.js",
            gateway.url,
            gateway.account_sid,
            gateway.auth_token,
            gateway.number,
            "+447700900654",
        ],
        env={**os.environ, "NODE_PATH": str(modules)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout)
    return found


def test_a_node_program_creates_fetches_lists_redacts_and_deletes(said: dict[str, Any]) -> None:
    assert said["created"]["sid"].startswith("SM") and said["created"]["status"] == "queued"
    assert said["created"]["dateCreated"] and said["created"]["numSegments"] == "1"
    assert said["fetched"] == {"status": "delivered", "dateSent": True, "errorCode": None}
    assert said["listed"] == ["Hello from Node £"]
    assert (said["redacted"], said["removed"]) == ("", True)


def test_a_node_program_sees_twilios_errors(said: dict[str, Any]) -> None:
    assert (said["gone"]["code"], said["gone"]["status"]) == (20404, 404)
    assert (said["landline"]["code"], said["landline"]["status"]) == (21614, 400)
    assert said["landline"]["moreInfo"].endswith("/21614")
    assert (said["stranger"]["code"], said["stranger"]["status"]) == (20003, 401)
