"""What the database refuses, in words for the person or process that asked."""

from __future__ import annotations


class RecordError(Exception):
    """The database refuses a request: what, why, and the way out."""


class NotFoundError(RecordError):
    """There is no such row."""

    def __init__(self, what: str, row_id: str) -> None:
        super().__init__(f"{what} {row_id} does not exist: check the id, or list the {what}s")
        self.what = what
        self.row_id = row_id


class SequenceGapError(RecordError):
    """A transition came that does not follow the last recorded one."""

    def __init__(self, plan_id: str, stored: int, offered: int) -> None:
        super().__init__(
            f"plan {plan_id}: transition {offered} does not follow {stored}, the last one recorded; "
            "load the stored state and continue from it"
        )
        self.stored = stored
        self.offered = offered


class KeyReusedError(RecordError):
    """An idempotency key came again with another body."""

    def __init__(self, key: str) -> None:
        super().__init__(
            f"the idempotency key {key} was used before with another body: use a new key for a new request"
        )
