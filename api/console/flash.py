"""What a page says once after something was done: a code in the address, the words here."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Done(StrEnum):
    """Something that has just succeeded."""

    approved = "approved"
    edited = "edited"
    rejected = "rejected"
    outcome = "outcome"
    moved = "moved"
    cancelled = "cancelled"
    held = "held"
    resumed = "resumed"
    withdrawn = "withdrawn"
    taken_on = "taken-on"
    closed = "closed"
    signed_out = "signed-out"


SAID: Final[Mapping[Done, str]] = MappingProxyType(
    {
        Done.approved: "Approved. The plan goes on as proposed.",
        Done.edited: "Approved with your changes.",
        Done.rejected: "Rejected. The plan keeps to what it was.",
        Done.outcome: "The outcome is recorded.",
        Done.moved: "The session has its new time. The client is told by text, if they get texts.",
        Done.cancelled: "The session is cancelled. The series goes on.",
        Done.held: "The plan is on hold. Nothing routine is texted.",
        Done.resumed: "Taken. If the hold was for safety, the therapist's approval comes first.",
        Done.withdrawn: "The plan has ended, as the client wished.",
        Done.taken_on: "The alert is yours. It waits for contact with the client.",
        Done.closed: "The alert is closed.",
        Done.signed_out: "You are signed out.",
    }
)


def said(code: str | None) -> str | None:
    """The words for a code in the address; None for none, and for one that we did not write."""
    return SAID[Done(code)] if code in set(Done) else None
