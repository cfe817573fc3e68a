"""Text that PostgreSQL can keep: every character but NUL, and no half of a UTF-16 pair."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

_UNKNOWN: Final = "\ufffd"


def storable(text: str) -> str:
    """The text with surrogate pairs joined to the characters they stand for, and what cannot be kept marked."""
    whole = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return whole.replace("\0", _UNKNOWN)


def storable_form(fields: Iterable[tuple[str, str]]) -> dict[str, str]:
    """A form's fields, the last value of each name."""
    return {storable(name): storable(value) for name, value in fields}
