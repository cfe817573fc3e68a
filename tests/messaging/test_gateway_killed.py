"""A gateway that is killed in the middle of its work finishes it when it is back."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from twilio.rest import Client  # type: ignore[import-untyped]

from messaging.gateway.testing import Receiver, receiving

OURS = "+447700900000"
UNDER_WAY = [f"+447700900{number}" for number in range(670, 680)]


@contextmanager
def limber_gateway(state: Path, clinic: Receiver, **options: str) -> Iterator[dict[str, Any]]:
    """`limber gateway` as a process of its own, killed at the end of the block; yields what it printed."""
    settings = {"port": "0", "state": str(state), "status-callback": clinic.url("/status"), **options}
    arguments = [part for name, value in settings.items() for part in (f"--{name}", value)]
    process = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "gateway", "--json", *arguments],
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        yield json.loads(process.stdout.readline())
    finally:
        process.kill()
        process.communicate()


def twilio_client(printed: dict[str, Any]) -> Client:
    """Twilio's SDK, pointed at what the gateway printed."""
    client = Client(printed["account_sid"], printed["auth_token"])
    client.api.base_url = printed["url"]
    return client


def delivered(clinic: Receiver) -> set[str]:
    """The ids of the texts that the clinic was told have arrived."""
    return {post["MessageSid"] for post in clinic.to("/status", MessageStatus="delivered")}


def test_texts_queued_or_being_sent_when_the_gateway_is_killed_arrive_after_its_restart(
    tmp_path: Path,
) -> None:
    state = tmp_path / "gateway.db"
    with receiving() as clinic:
        with limber_gateway(state, clinic, pace="1") as printed:
            messages = twilio_client(printed).messages
            sids = [messages.create(to=phone, from_=OURS, body="Hello").sid for phone in UNDER_WAY]
            under_way = {messages(sid).fetch().status for sid in sids}
        assert under_way <= {"queued", "sending", "sent"}
        assert not delivered(clinic)
        with limber_gateway(state, clinic, pace="0") as printed:
            clinic.wait_for(lambda: delivered(clinic) == set(sids))
            again = twilio_client(printed).messages
            assert {again(sid).fetch().status for sid in sids} == {"delivered"}
            assert len(again.list()) == len(sids)  # each of them once
