"""An invitation to fill in the intake form: who is invited, how they get there, and how it ends."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from schemas.base import Frozen


class InvitationState(StrEnum):
    """How far an invitation is. Only an `open` one lets anybody in; the others hold no personal data."""

    open = "open"
    completed = "completed"
    urgent = "urgent"
    """An answer needed somebody at once: its advice was shown, the plan is open, the form has ended."""
    revoked = "revoked"
    expired = "expired"


class InvitationWay(StrEnum):
    """Who fills the form in: the client on their own telephone, or the front desk reading it aloud."""

    text = "text"
    read_aloud = "read_aloud"


class InvitedClient(Frozen):
    """What the front desk knows before the form: enough to reach the client and to know that it is them."""

    given_name: str
    family_name: str
    date_of_birth: date
    mobile: str | None = None
    site_id: str
    therapist_id: str | None = None
    profile: str
    condition: str | None = None
