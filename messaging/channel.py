"""What a channel is: a way to put one text in front of a client, and to find out later whether it went.

No provider has an idempotency key for texts. So a channel tries exactly once, and says honestly which of four
things happened; what follows from each is the send protocol's business, not the channel's.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from messaging.error_classes import ErrorClass


@dataclass(frozen=True, slots=True)
class OutgoingText:
    """One text to one person; `to` is a number in E.164, or an e-mail address, as the channel has it.

    `intent_key` is unique for this text and travels in the status callback's URL, so that an answer lost on
    the way can still be matched. `useful_for` is the rest of the text's useful life: the provider must not
    deliver it later.
    """

    to: str
    body: str
    intent_key: str
    useful_for: timedelta
    subject: str | None = None

    def __post_init__(self) -> None:
        if self.useful_for <= timedelta(0):
            raise ValueError(
                f"Text {self.intent_key} has outlived its use by {-self.useful_for}. Record it as expired."
            )
        if not self.body.strip():
            raise ValueError(f"Text {self.intent_key} is empty. Render its template before sending.")
        if any("\ud800" <= ch <= "\udfff" for ch in self.body):
            raise ValueError(f"Text {self.intent_key} holds half an emoji. Remove it before sending.")


@dataclass(frozen=True, slots=True)
class Accepted:
    """The provider has the text and will try to deliver it. `segments` is what it bills, where it says so."""

    provider_id: str
    segments: int | None


@dataclass(frozen=True, slots=True)
class Rejected:
    """The provider refused the text for good: nothing was sent and sending it again would not help."""

    error_class: ErrorClass
    code: int | None
    sentence: str


@dataclass(frozen=True, slots=True)
class Retry:
    """The text was certainly not processed. It may be sent again inside its useful life, with back-off."""

    reason: str
    retry_after: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Unknown:
    """The provider may or may not have the text. It is never sent again before it has been looked for."""

    reason: str


Outcome = Accepted | Rejected | Retry | Unknown


@dataclass(frozen=True, slots=True)
class ReceivedText:
    """A text from a client that the provider holds; recovers what arrived while the service was off."""

    provider_id: str
    from_: str
    to: str
    body: str
    received_at: datetime | None
    media: int


@dataclass(frozen=True, slots=True)
class ProviderWord:
    """What the provider says about a text now: its own word for the state, and the error code if there is one."""

    status: str
    error_code: int | None


class ChannelUnavailable(Exception):  # noqa: N818 - a state of the world, not a fault of the program
    """The provider could not be asked. Nothing is known; ask again later."""


class Sender(Protocol):
    """What puts one text in front of a person."""

    def send(self, text: OutgoingText) -> Outcome:
        """Try once, within the channel's time limit. What the provider did is an outcome, not an error."""
        ...


class Channel(Sender, Protocol):
    """A way to send texts, to find out what became of them, and to hear what comes back."""

    def find(
        self, to: str, from_: str | None, since: datetime, body: str, *, claimed: Collection[str] = ()
    ) -> str | None:
        """The provider's id of a text that went to `to` with this `body` at or after `since`, if it has one.

        `since` is real time (the provider's clock), not the plan's. `claimed` are ids already known to belong
        to other texts: a weekly question has the same words every week. Raises ChannelUnavailable.
        """
        ...

    def word_on(self, provider_id: str) -> ProviderWord | None:
        """How a text fares, for one whose receipts stayed away; None if the provider knows no such text.

        Raises ChannelUnavailable.
        """
        ...

    def received(self, since: datetime) -> tuple[ReceivedText, ...]:
        """What clients sent at or after `since` (real time), oldest first. Raises ChannelUnavailable."""
        ...
