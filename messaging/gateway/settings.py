"""What one gateway needs to know."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from messaging.gateway.faults import Fault

STOP_WORDS: Final = frozenset({"STOP", "UNSUBSCRIBE", "END", "QUIT", "STOPALL", "REVOKE", "OPTOUT", "CANCEL"})
"""Twilio's default opt-out keywords; whole message only, in any case."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """The account the gateway pretends to hold."""

    account_sid: str
    auth_token: str = field(repr=False)


def _as_it_was(moment: datetime) -> datetime:
    return moment


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """The gateway's configuration.

    `webhook` receives inbound texts and `status_callback` the receipts of texts that name no URL of their
    own; both may carry Twilio's connection overrides (`#rc=5&rp=all`). `number` is the clinic's own number,
    used where a client texts first. `pace` is the time between two statuses of a text. `state` None keeps
    everything in memory. `mail_port` is where mail is taken (0: any free port), None nowhere. `shown_at` says what
    the phones' own clocks showed at a moment: a demo's clinic may be ahead of the world.
    """

    credentials: Credentials
    webhook: str | None = None
    status_callback: str | None = None
    state: Path | None = None
    number: str = "+447700900000"
    pace: timedelta = timedelta(milliseconds=400)
    stop_words: frozenset[str] = STOP_WORDS
    advanced_opt_out: bool = False
    faults: tuple[Fault, ...] = ()
    mail_port: int | None = None
    mail_host: str = "127.0.0.1"
    shown_at: Callable[[datetime], datetime] = _as_it_was


def new_credentials() -> Credentials:
    """A fresh account SID and auth token."""
    return Credentials("AC" + secrets.token_hex(16), secrets.token_hex(16))
