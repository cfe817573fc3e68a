"""What can change about the accounts of staff, and what else is noted beside it: that events were exported."""

from __future__ import annotations

from enum import StrEnum


class StaffChange(StrEnum):
    """One kind of change; every one of them is kept for good."""

    account_made = "account_made"
    roles_changed = "roles_changed"
    password_reset = "password_reset"  # noqa: S105 - a code
    password_changed = "password_changed"  # noqa: S105 - a code
    account_closed = "account_closed"
    account_reopened = "account_reopened"
    token_made = "token_made"  # noqa: S105 - a code
    token_ended = "token_ended"  # noqa: S105 - a code
    log_ins_ended = "log_ins_ended"
    leave_set = "leave_set"
    leave_ended = "leave_ended"
    events_exported = "events_exported"
