"""A worker process that forks one sender for each order, and each sender may be killed in the middle of it.

`python -m tests.texts.mortal_sender` reads `Errand`s as JSON lines and says the number of each whose sender is gone.
A fork starts in milliseconds, and SIGKILL leaves no time for goodbyes: the real thing, two hundred times.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import threading
from datetime import timedelta
from enum import StrEnum
from typing import Any

from sqlalchemy import event
from sqlalchemy.ext.asyncio import AsyncEngine
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.packs import PackShelf
from activities.reconciling import Patience, Search
from activities.sending import Sending
from activities.wording import Wording
from care.pack import builtin
from database.engine import create_engine
from messaging.channel import Outcome, OutgoingText
from messaging.templates import all_books
from messaging.twilio_channel import TwilioAccount, TwilioChannel
from schemas.base import Strict
from schemas.orders import SendOrder
from worker.metrics import Metrics

PATIENCE = Patience(look_again=timedelta(milliseconds=50), give_up_after=timedelta(seconds=1.2))
READ_TIMEOUT = timedelta(seconds=0.5)
"""Shorter than what a dead sender's POST is waited for."""

_TOLD = 1
_SETTLING = 2
"""The transaction that writes the end down: the text, entered by a statement alone, is claimed, then settled."""


class KillPoint(StrEnum):
    """Where the sender dies."""

    before_post = "before_post"
    during_post = "during_post"
    after_post = "after_post"
    before_commit = "before_commit"


class Errand(Strict):
    """One text to send and die over; `delay` is how long a POST under way is left to live, in seconds."""

    number: int
    point: KillPoint
    delay: float
    order: SendOrder


def die() -> None:
    """As a power cut does it."""
    os.kill(os.getpid(), signal.SIGKILL)


class MortalChannel(TwilioChannel):
    """Twilio's channel in a process that dies around the POST."""

    def __init__(self, errand: Errand, *arguments: Any, **more: Any) -> None:
        super().__init__(*arguments, **more)
        self._errand = errand

    def send(self, text: OutgoingText) -> Outcome:
        """Post as ever, unless the process dies first."""
        if self._errand.point is KillPoint.before_post:
            die()
        if self._errand.point is KillPoint.during_post:
            threading.Timer(self._errand.delay, die).start()
        outcome = super().send(text)
        if self._errand.point is KillPoint.after_post:
            die()
        return outcome


def channel_from_environment(kind: Any = TwilioChannel, *first: Any) -> TwilioChannel:
    """The channel to the test's gateway, whose receipts go to the test's API."""
    account = TwilioAccount(os.environ["ACCOUNT"], os.environ["TOKEN"], from_=os.environ["FROM"])
    channel: TwilioChannel = kind(
        *first,
        account,
        os.environ["CALLBACK"],
        base_url=os.environ["GATEWAY"],
        read_timeout=READ_TIMEOUT,
        environment={},
    )
    return channel


def _dies_before_settling(engine: AsyncEngine) -> None:
    commits = 0

    @event.listens_for(engine.sync_engine, "commit")
    def about_to_commit(_connection: object) -> None:
        nonlocal commits
        commits += 1
        if commits == _SETTLING:
            die()


async def _send(errand: Errand) -> None:
    engine = create_engine(os.environ["DATABASE_URL"], connections=1)
    if errand.point is KillPoint.before_commit:
        _dies_before_settling(engine)
    channel = channel_from_environment(MortalChannel, errand)
    wording = Wording(PackShelf(engine), all_books())
    sending = Sending(engine, channel, wording, Search(engine, channel, PATIENCE), Metrics())
    try:
        await ActivityEnvironment().run(sending.send_text, errand.order)
    except ApplicationError:
        return  # Temporal would try again; so does the test


def _fork(errand: Errand) -> int:
    child = os.fork()
    if child == 0:
        os.dup2(os.open(os.devnull, os.O_WRONLY), _TOLD)  # a sender's log is no part of the conversation
        try:
            asyncio.run(_send(errand))
        finally:
            os._exit(0)
    return child


def main() -> None:
    """Fork a sender for each line; say its number when it is gone."""
    builtin()
    all_books()
    channel_from_environment()
    senders: dict[int, int] = {}
    gone = threading.Semaphore(0)

    def bury() -> None:
        while True:
            gone.acquire()
            child, _ = os.waitpid(-1, 0)
            os.write(_TOLD, f"{senders[child]}\n".encode())

    threading.Thread(target=bury, daemon=True).start()
    for line in sys.stdin:
        errand = Errand.model_validate_json(line)
        senders[_fork(errand)] = errand.number
        gone.release()


if __name__ == "__main__":
    main()
