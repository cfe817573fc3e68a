"""The one table of a text's life: which state may follow which, and what the provider's words mean.

A terminal state never changes again, whatever arrives late or twice (F28).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from schemas.messages import MessageStatus as S

MOVES: Final[Mapping[S, frozenset[S]]] = MappingProxyType(
    {
        # Checked and claimed, or kept back.
        S.pending: frozenset({S.sending, S.suppressed, S.expired, S.failed}),
        # Back to pending only if the provider certainly did not take it. A receipt may outrun our own commit.
        S.sending: frozenset(
            {S.pending, S.sent, S.delivered, S.undelivered, S.failed, S.unknown, S.expired, S.suppressed}
        ),
        # Found after all, or settled by a receipt or a person.
        S.unknown: frozenset({S.sent, S.delivered, S.undelivered, S.failed}),
        S.sent: frozenset({S.delivered, S.undelivered, S.failed}),
        S.delivered: frozenset(),
        S.undelivered: frozenset(),
        S.failed: frozenset(),
        S.suppressed: frozenset(),
        S.expired: frozenset(),
    }
)

TERMINAL: Final = frozenset(state for state, following in MOVES.items() if not following)
FAILURES: Final = frozenset({S.undelivered, S.failed})
PLAN_MUST_KNOW: Final = FAILURES | {S.unknown}
"""A person takes over in the plan: its client may not have been told."""

PROVIDER_WORDS: Final[Mapping[str, S]] = MappingProxyType(
    {
        "accepted": S.sent,
        "scheduled": S.sent,
        "queued": S.sent,
        "sending": S.sent,
        "sent": S.sent,
        "delivered": S.delivered,
        "read": S.delivered,
        "undelivered": S.undelivered,
        "failed": S.failed,
        "canceled": S.failed,
    }
)
"""What each message status of Twilio says about a text of ours; `sent` means the provider has taken it."""


def before(after: S) -> list[str]:
    """The states from which `after` may be reached, for a conditional UPDATE."""
    return sorted(state.value for state, following in MOVES.items() if after in following)
