"""Twilio's own words: STOP, START and HELP, which it acts on before anyone else reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from messaging.gateway.settings import GatewaySettings
from messaging.gateway.state import State

_START_WORDS: Final = frozenset({"START", "YES", "UNSTOP"})
_HELP_WORDS: Final = frozenset({"HELP", "INFO"})

_STOPPED: Final = (
    "You have successfully been unsubscribed. You will not receive any more messages from this number. "
    "Reply START to resubscribe."
)
_STARTED: Final = (
    "You have successfully been re-subscribed to messages from this number. "
    "Reply HELP for help. Reply STOP to unsubscribe. Msg&Data Rates May Apply."
)
_HELPED: Final = "Reply STOP to unsubscribe. Msg&Data Rates May Apply."


@dataclass(frozen=True, slots=True)
class Acted:
    """What Twilio did about a keyword. `answer` None means it keeps quiet."""

    opt_out_type: str
    answer: str | None


def act(
    body: str, *, phone: str, sender: str, state: State, settings: GatewaySettings, now: datetime
) -> Acted | None:
    """Apply a keyword if the whole message is one; None for any other text.

    The text is forwarded to the webhook all the same.
    """
    word = body.strip().upper()
    was_out = state.opted_out(phone, sender)
    if word in settings.stop_words:
        state.opt_out(phone, sender, now)
        return Acted("STOP", None if was_out else _STOPPED)
    if word in _START_WORDS and was_out:
        state.opt_in(phone, sender)
        return Acted("START", _STARTED)
    if word in _HELP_WORDS:
        return Acted("HELP", None if was_out else _HELPED)
    return None
