"""A worker that stops dead at one point of the send protocol and waits there to be killed.

Run as a process: `python -m tests.activities.crashing_sender POINT` with the order as JSON on stdin.
"""

from __future__ import annotations

import asyncio
import os
import sys
import time
from enum import StrEnum
from typing import Any

from temporalio.testing import ActivityEnvironment

from activities.packs import PackShelf
from activities.reconciling import Patience, Search
from activities.sending import Sending
from activities.wording import Worded, Wording
from database.engine import create_engine
from messaging.channel import Outcome, OutgoingText
from messaging.templates import all_books
from messaging.twilio_channel import TwilioAccount, TwilioChannel
from schemas.orders import SendOrder
from worker.metrics import Metrics

REACHED = "reached"


class CrashPoint(StrEnum):
    """Where the power fails."""

    before_claim = "before_claim"
    before_post = "before_post"
    after_post = "after_post"
    after_settle = "after_settle"


def stand_still() -> None:
    """Say that the point is reached, and never go on."""
    sys.stdout.write(f"{REACHED}\n")
    sys.stdout.flush()
    time.sleep(3600)


class CrashingChannel(TwilioChannel):
    """Twilio's channel with a power cut around the POST."""

    def __init__(self, point: CrashPoint, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._point = point

    def send(self, text: OutgoingText) -> Outcome:
        """Post as ever, unless the power fails."""
        if self._point is CrashPoint.before_post:
            stand_still()
        outcome = super().send(text)
        if self._point is CrashPoint.after_post:
            stand_still()
        return outcome


class CrashingWording(Wording):
    """Words a text, unless the power fails."""

    def __init__(self, point: CrashPoint, packs: PackShelf) -> None:
        super().__init__(packs, all_books())
        self._point = point

    async def worded(self, *arguments: Any) -> Worded:
        """The text's words."""
        if self._point is CrashPoint.before_claim:
            stand_still()
        return await super().worded(*arguments)


async def _send(point: CrashPoint, asked: SendOrder) -> None:
    engine = create_engine(os.environ["DATABASE_URL"])
    account = TwilioAccount(os.environ["ACCOUNT"], os.environ["TOKEN"], from_=os.environ["FROM"])
    channel = CrashingChannel(
        point, account, "http://127.0.0.1:9/status", base_url=os.environ["GATEWAY"], environment={}
    )
    wording = CrashingWording(point, PackShelf(engine))
    sending = Sending(engine, channel, wording, Search(engine, channel, Patience()), Metrics())
    await ActivityEnvironment().run(sending.send_text, asked)
    if point is CrashPoint.after_settle:
        stand_still()


if __name__ == "__main__":
    asyncio.run(_send(CrashPoint(sys.argv[1]), SendOrder.model_validate_json(sys.stdin.read())))
