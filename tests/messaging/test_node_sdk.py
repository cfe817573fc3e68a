"""Twilio's SDK for Node works against the gateway as Twilio's Python SDK does.

The SDK is no dependency of Limber: install it anywhere with `npm install twilio` and name that folder in
LIMBER_TEST_NODE_MODULES; without it the test is skipped.
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

SCRIPT = Path(__file__).parent / "node" / "twilio_sdk.js"
MODULES = Path(os.environ.get("LIMBER_TEST_NODE_MODULES", "node_modules"))

pytestmark = pytest.mark.skipif(
    shutil.which("node") is None or not (MODULES / "twilio").is_dir(),
    reason="Twilio's Node SDK is not here: npm install twilio, then LIMBER_TEST_NODE_MODULES=…/node_modules",
)


@pytest.fixture
def said(gateway: RunningGateway) -> dict[str, Any]:
    """What the Node program did and saw."""
    ran = subprocess.run(
        [
            "node",
            SCRIPT,
            gateway.url,
            gateway.account_sid,
            gateway.auth_token,
            gateway.number,
            "+447700900654",
        ],
        env={**os.environ, "NODE_PATH": str(MODULES.resolve())},
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
