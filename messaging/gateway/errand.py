"""Something due at an instant: a text's next status, or a webhook to post.

Errands are kept with the texts, so a restart loses none; one that was under way runs again, as Twilio's
callbacks may repeat too.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from messaging.gateway.message import Status


class ErrandKind(StrEnum):
    """What is to be done."""

    ADVANCE = "advance"
    RECEIPT = "receipt"
    INBOUND = "inbound"


@dataclass(frozen=True, slots=True)
class Errand:
    """One thing due. `token` stays the same over its retries.

    `status` and `error_code` are what a receipt reports, `opt_out_type` what an inbound webhook adds.
    """

    kind: ErrandKind
    sid: str
    due_at: datetime
    token: str
    status: Status | None = None
    error_code: int | None = None
    opt_out_type: str | None = None
    attempt: int = 0
    id: int = 0
