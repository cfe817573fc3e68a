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
    answers = "answers"
    moved = "moved"
    cancelled = "cancelled"
    held = "held"
    resumed = "resumed"
    withdrawn = "withdrawn"
    taken_on = "taken-on"
    closed = "closed"
    assessed = "assessed"
    checked_in = "checked-in"
    reported = "reported"
    followed_up = "followed-up"
    amended = "amended"
    regions_changed = "regions-changed"
    discharged = "discharged"
    rescreened = "rescreened"
    set_aside = "set-aside"
    undone = "undone"
    placed = "placed"
    put_aside = "put-aside"
    sent_again = "sent-again"
    saved_view = "saved-view"
    dropped_view = "dropped-view"
    signed_out = "signed-out"
    invited = "invited"
    link_on_its_way = "link-on-its-way"
    link_taken_back = "link-taken-back"
    log_in_ended = "log-in-ended"
    log_ins_ended = "log-ins-ended"
    password_changed = "password-changed"  # noqa: S105 - a code
    token_ended = "token-ended"  # noqa: S105 - a code
    leave_set = "leave-set"
    leave_ended = "leave-ended"
    roles_changed = "roles-changed"
    account_closed = "account-closed"
    account_reopened = "account-reopened"


SAID: Final[Mapping[Done, str]] = MappingProxyType(
    {
        Done.approved: "Approved. The plan goes on as proposed.",
        Done.edited: "Approved with your changes.",
        Done.rejected: "Rejected. The plan keeps to what it was.",
        Done.outcome: "The outcome is recorded.",
        Done.answers: "The answers are recorded.",
        Done.moved: "The session has its new time. The client is told by text, if they get texts.",
        Done.cancelled: "The session is cancelled. The series goes on.",
        Done.held: "The plan is on hold. Nothing routine is texted.",
        Done.resumed: "Taken. If the hold was for safety, the therapist's approval comes first.",
        Done.withdrawn: "The plan has ended, as the client wished.",
        Done.taken_on: "The alert is yours. It waits for contact with the client.",
        Done.closed: "The alert is closed.",
        Done.assessed: "The assessment is recorded.",
        Done.checked_in: "The answer is recorded. It counts as a text would.",
        Done.reported: "The unwanted effect is on record. Its grade says who calls, and by when.",
        Done.followed_up: "The follow-up is recorded.",
        Done.amended: "The plan is changed.",
        Done.regions_changed: "The plan treats other parts of the body now; what holds them counts at once.",
        Done.discharged: "The plan has ended. The client is told by text, if they get texts.",
        Done.rescreened: "The answers are judged; what they found holds from now on.",
        Done.set_aside: "The finding is set aside, with your reason. What else is held stays.",
        Done.undone: "The text is taken back; it does not go out. The plan itself stays as decided.",
        Done.placed: "The text belongs to that plan now.",
        Done.sent_again: "It goes out once more in a moment.",
        Done.put_aside: "The text is put aside as dealt with.",
        Done.saved_view: "The view is kept.",
        Done.dropped_view: "The view is gone.",
        Done.signed_out: "You are signed out.",
        Done.invited: "The form is ready.",
        Done.link_on_its_way: "The link goes out by text now.",
        Done.link_taken_back: "The link no longer opens the form. What had been answered is forgotten.",
        Done.log_in_ended: "That log-in has ended.",
        Done.log_ins_ended: "Signed out everywhere.",
        Done.password_changed: "Your password is changed. Your other log-ins have ended.",
        Done.token_ended: "That token opens nothing any more.",
        Done.leave_set: "The leave is set. What waits in that time goes to the person who stands in.",
        Done.leave_ended: "The leave has ended. What waits is with its owner again.",
        Done.roles_changed: "The roles are changed, from the next page on.",
        Done.account_closed: "The account is closed. Nothing of theirs opens anything any more.",
        Done.account_reopened: "The account is open again, with the roles it had.",
    }
)


def said(code: str | None) -> str | None:
    """The words for a code in the address; None for none, and for one that we did not write."""
    return SAID[Done(code)] if code in set(Done) else None
