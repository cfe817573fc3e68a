"""What is asked of a client by text, and what the client answers."""

from __future__ import annotations

from dataclasses import field
from enum import StrEnum

from schemas.base import Instant
from schemas.made import Made, made
from schemas.number_alerts import NumberAlert


@made
class Answer(Made):
    """A client's answer to a check-in question."""

    question: str
    at: Instant
    value: int


class PromptKind(StrEnum):
    """What an open text asks of the client."""

    confirm_session = "confirm_session"
    health_change = "health_change"
    score = "score"
    which = "which"


@made
class Undecided(Made):
    """An answer that fits two open prompts (`options`, as A and B of the text that asks which), as it was read."""

    inbound_id: str
    options: tuple[str, ...]
    value: int | None = None
    choice: int | None = None
    imprecise: bool = False
    alerts: dict[str, tuple[NumberAlert, ...]] = field(default_factory=dict)


@made
class Prompt(Made):
    """A text that waits for an answer. A reply belongs to the prompt it fits, even after later texts (F31)."""

    key: str
    kind: PromptKind
    question: str | None = None
    session_no: int | None = None
    asked_at: Instant
    expires_at: Instant
    routine: bool = False
    reasked: bool = False
    undecided: Undecided | None = None


@made
class Asking(Made):
    """What a text that goes on its way leaves in its plan: its agenda key has had its turn, its question waits.

    The workflow notes it when it hands the text over, the database when the text is claimed: both know then
    what a reply may answer. `reminds` is the key of a prompt that was repeated, `routine` a question of the
    check-in schedule.
    """

    key: str
    at: Instant
    prompt: Prompt | None = None
    reminds: str | None = None
    routine: str | None = None
